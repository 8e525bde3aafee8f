namespace PmmCrypt.Generators.Model;

/// <summary>
/// A project as far as its entities can depend on it. Between two compilations of equal outlines no type, attribute or constant of a
/// declaration has another meaning, so that entities that were read from one need not be read from the other.
/// </summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="Naming">The project's convention for its columns, as it is set.</param>
/// <param name="Assembly">The assembly's name, which says what other assemblies let it see.</param>
/// <param name="Around">A number for the compiler's options, and one for each assembly that is referred to.</param>
/// <param name="Sources">
/// A digest of each source file without bodies and the like, in the compilation's order, each followed by the texts of members that it
/// leaves out and that an attribute or a constant may name.
/// </param>
internal sealed record Outline(string Naming, string Assembly, EquatableArray<string> Around, EquatableArray<string> Sources);
