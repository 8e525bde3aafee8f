namespace PmmCrypt.Generators.Model;

/// <summary>How a further part of a type is declared.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal.</remarks>
/// <param name="Keyword">Such as <c>class</c> or <c>record</c>.</param>
/// <param name="Name">The type's name, escaped where it is a keyword.</param>
internal sealed record TypeDeclarationSpec(string Keyword, string Name);
