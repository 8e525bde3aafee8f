namespace PmmCrypt.Generators.Model;

/// <summary>What was found at one <c>[Encrypted]</c> property, whatever entity it belongs to.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="Type">The type that declares it, as <see cref="ParsedEntity.Reached"/> names it.</param>
/// <param name="TypeName">The same type, as messages name it.</param>
/// <param name="TypeLocation">Where that type is declared.</param>
/// <param name="Findings">What is wrong with the property or its type.</param>
internal sealed record ParsedProperty(string Type, string TypeName, LocationInfo TypeLocation, EquatableArray<Finding> Findings);
