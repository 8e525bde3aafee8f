namespace PmmCrypt.Generators.Model;

/// <summary>What was found in a class with <c>[Table]</c> that leads to encrypted properties.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="Spec">What to generate; null where anything was found wrong.</param>
/// <param name="Findings">What is wrong.</param>
/// <param name="Reached">The classes whose encrypted properties belong to this entity.</param>
internal sealed record ParsedEntity(EntitySpec? Spec, EquatableArray<Finding> Findings, EquatableArray<string> Reached);
