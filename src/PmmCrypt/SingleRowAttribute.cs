namespace PmmCrypt;

/// <summary>
/// The table of this entity holds one row and has no key column, such as a settings table. Without it, an entity with
/// <c>[Encrypted]</c> properties needs at least one <c>[Key]</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SingleRowAttribute : Attribute;
