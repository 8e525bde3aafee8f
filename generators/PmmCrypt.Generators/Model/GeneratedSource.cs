namespace PmmCrypt.Generators.Model;

/// <summary>A generated file.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal.</remarks>
/// <param name="HintName">Its name, unique within the compilation.</param>
/// <param name="Text">Its text.</param>
internal sealed record GeneratedSource(string HintName, string Text);
