namespace PmmCrypt.Rotation.Stores;

/// <summary>Where in a table a page begins. It means something to the store that made it, and for as long as that is open.</summary>
public abstract record PagePosition;

/// <summary>Behind the row of a key, in the order of keys.</summary>
/// <param name="After">The key.</param>
public sealed record KeyPosition(RowKey After) : PagePosition;
