using System.Diagnostics.Tracing;

namespace PmmCrypt.Tool.Output;

/// <summary>
/// Tells whoever traces the process (<c>dotnet-trace --providers PmmCrypt</c>) each step of a run at which the world outside changes.
/// </summary>
/// <remarks>The tests of kills listen from within, through a startup hook: a listener that blocks holds the run at that step.</remarks>
[EventSource(Name = "PmmCrypt")]
internal sealed class StepEvents : EventSource
{
    public static readonly StepEvents Log = new();

    /// <summary>A step of <see cref="Rotation.RotationSteps"/> is reached.</summary>
    [Event(1, Level = EventLevel.Informational)]
    public void Reached(string step) => WriteEvent(1, step);
}
