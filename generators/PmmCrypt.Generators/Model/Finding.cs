namespace PmmCrypt.Generators.Model;

/// <summary>A diagnostic to be reported.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="RuleId">The rule, such as <c>PMMC0001</c>.</param>
/// <param name="Location">Where it is reported.</param>
/// <param name="Arguments">What the rule's message is filled with.</param>
internal sealed record Finding(string RuleId, LocationInfo Location, EquatableArray<string> Arguments);
