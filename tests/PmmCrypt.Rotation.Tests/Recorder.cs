namespace PmmCrypt.Rotation.Tests;

/// <summary>Writes down all that a run tells.</summary>
internal sealed class Recorder : IRotationObserver
{
    /// <summary>Phases, steps, notes and warnings, in their order.</summary>
    public List<string> Told { get; } = [];

    public List<(long Rows, long? Total)> Progressed { get; } = [];

    public void Phase(RotationPhase phase) => Told.Add($"phase {phase}");

    public void Progress(long rows, long? total) => Progressed.Add((rows, total));

    public void Note(string message) => Told.Add($"note {message}");

    public void Warn(string message) => Told.Add($"warn {message}");

    public void Reached(string step) => Told.Add($"step {step}");
}
