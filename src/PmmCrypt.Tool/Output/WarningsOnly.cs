using PmmCrypt.Rotation;

namespace PmmCrypt.Tool.Output;

/// <summary>Reports nothing of a run but its warnings: for a verb that tells the story itself.</summary>
internal sealed class WarningsOnly(Talk talk) : IRotationObserver
{
    public void Phase(RotationPhase phase)
    {
    }

    public void Progress(long rows, long? total)
    {
    }

    public void Note(string message)
    {
    }

    public void Warn(string message) => talk.Warn(message);

    public void Reached(string step) => StepEvents.Log.Reached(step);
}
