namespace PmmCrypt.Generators.Model;

/// <summary>What was found in a project.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="Entities">Its entities, in the order of the files.</param>
/// <param name="Findings">What is wrong with them, and with encrypted properties that are in none of them.</param>
internal sealed record ParsedProject(EquatableArray<ParsedEntity> Entities, EquatableArray<Finding> Findings);
