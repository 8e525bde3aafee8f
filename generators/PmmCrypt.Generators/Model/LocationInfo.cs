namespace PmmCrypt.Generators.Model;

/// <summary>A place in a source file: what a Roslyn location says, without the syntax tree that it would keep alive.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal.</remarks>
/// <param name="Path">The file; empty where the place is not known.</param>
/// <param name="Start">The first character, from the file's start.</param>
/// <param name="Length">The number of characters.</param>
/// <param name="StartLine">The first character's line, from 0.</param>
/// <param name="StartCharacter">The first character's place in its line, from 0.</param>
/// <param name="EndLine">The line of the end, from 0.</param>
/// <param name="EndCharacter">The place of the end in its line, from 0.</param>
internal sealed record LocationInfo(
    string Path, int Start, int Length, int StartLine, int StartCharacter, int EndLine, int EndCharacter);
