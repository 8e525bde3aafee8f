namespace PmmCrypt.Rotation.Stores;

/// <summary>Values outside the model that begin as a ciphertext does.</summary>
/// <param name="Found">Where there are some.</param>
/// <param name="NotSearched">Tables and columns that could not be looked into, and why.</param>
public sealed record StrayReferences(IReadOnlyList<StrayReference> Found, IReadOnlyList<string> NotSearched)
{
    /// <summary>Nothing found, and everything looked into.</summary>
    public static StrayReferences None { get; } = new([], []);
}

/// <summary>Values of one column that begin as a ciphertext under one key does.</summary>
/// <param name="Table">The table, as <c>schema.table</c>.</param>
/// <param name="Column">The column.</param>
/// <param name="KeyId">The key.</param>
/// <param name="Rows">How many rows hold such a value.</param>
public sealed record StrayReference(string Table, string Column, uint KeyId, long Rows)
{
    /// <summary>The column, and how many rows of it.</summary>
    public override string ToString() => $"{Table}.{Column} ({Rows} {(Rows == 1 ? "row" : "rows")} under key {KeyId})";
}
