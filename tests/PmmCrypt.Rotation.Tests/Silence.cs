namespace PmmCrypt.Rotation.Tests;

/// <summary>Keeps what a run says.</summary>
internal sealed class Silence : IRotationObserver
{
    public List<string> Notes { get; } = [];

    public List<string> Warnings { get; } = [];

    public void Phase(RotationPhase phase)
    {
    }

    public void Progress(long rows, long? total)
    {
    }

    public void Note(string message) => Notes.Add(message);

    public void Warn(string message) => Warnings.Add(message);

    /// <summary>Acts at each step, as a fault would.</summary>
    public Action<string> OnReached { get; set; } = _ => { };

    public void Reached(string step) => OnReached(step);
}
