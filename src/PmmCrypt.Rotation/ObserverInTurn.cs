namespace PmmCrypt.Rotation;

/// <summary>
/// Tells an observer one thing at a time: two pages may be written at once, and an observer need not know. What it throws is thrown where
/// it was told.
/// </summary>
internal sealed class ObserverInTurn(IRotationObserver observer) : IRotationObserver
{
    private readonly Lock _turn = new();

    public void Phase(RotationPhase phase)
    {
        lock (_turn)
            observer.Phase(phase);
    }

    public void Progress(long rows, long? total)
    {
        lock (_turn)
            observer.Progress(rows, total);
    }

    public void Note(string message)
    {
        lock (_turn)
            observer.Note(message);
    }

    public void Warn(string message)
    {
        lock (_turn)
            observer.Warn(message);
    }

    public void Reached(string step)
    {
        lock (_turn)
            observer.Reached(step);
    }
}
