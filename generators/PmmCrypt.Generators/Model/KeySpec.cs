namespace PmmCrypt.Generators.Model;

/// <summary>A column of the key.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal.</remarks>
/// <param name="Column">The column's name.</param>
/// <param name="Type">The member of <c>PmmCrypt.Metadata.KeyColumnType</c>.</param>
internal sealed record KeySpec(string Column, string Type);
