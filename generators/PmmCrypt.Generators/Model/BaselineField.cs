namespace PmmCrypt.Generators.Model;

/// <summary>An encrypted field as a line of the baseline names it: the place where its ciphertext lies, and what it is of.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="Schema">The table's schema, or null.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Column">The column's name.</param>
/// <param name="Path">
/// The JSON members that lead to it within its column, and steps for what has no name of its own; none where the column is the value.
/// </param>
/// <param name="Type">The type of the value, in C#.</param>
internal sealed record BaselineField(string? Schema, string Table, string Column, EquatableArray<string> Path, string Type)
{
    /// <summary>The step of a path that leads into each element of an array. A test compares it with the runtime's.</summary>
    public const string EachElement = "[]";

    /// <summary>The step of a path that leads to each member of an object. A test compares it with the runtime's.</summary>
    public const string EachMember = "*";
}
