namespace PmmCrypt.Generators.Model;

/// <summary>One of the two lists of encrypted fields that lie beside a project.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="IsShipped">Whether the fields are in databases already.</param>
/// <param name="Lines">Its lines that name a field.</param>
/// <param name="Findings">What is wrong with the others.</param>
internal sealed record BaselineFile(bool IsShipped, EquatableArray<BaselineLine> Lines, EquatableArray<Finding> Findings);

/// <summary>A line of the baseline.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal.</remarks>
/// <param name="Field">The field that it names.</param>
/// <param name="Location">Where it stands.</param>
internal sealed record BaselineLine(BaselineField Field, LocationInfo Location);
