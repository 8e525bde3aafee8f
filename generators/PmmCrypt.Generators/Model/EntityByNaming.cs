namespace PmmCrypt.Generators.Model;

/// <summary>An entity by each convention that the columns of its properties may be named by.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal.</remarks>
/// <param name="AsIs">Where a column is named as its property.</param>
/// <param name="SnakeCase">Where it is named in lower case, with underscores between the words.</param>
/// <param name="Name">The entity's name, for messages.</param>
/// <param name="Place">Where it is declared.</param>
internal sealed record EntityByNaming(ParsedEntity AsIs, ParsedEntity SnakeCase, string Name, LocationInfo Place);
