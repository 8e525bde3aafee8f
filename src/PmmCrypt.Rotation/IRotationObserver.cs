namespace PmmCrypt.Rotation;

/// <summary>The parts of a run, in their order.</summary>
public enum RotationPhase
{
    /// <summary>Reading every row: every value must open, or nothing starts.</summary>
    Plan,

    /// <summary>Counting values by how they begin, and opening only those of which that does not tell what they are.</summary>
    Count,

    /// <summary>Making or promoting the key, and making it durable.</summary>
    Key,

    /// <summary>Rewriting the rows that need it.</summary>
    Sweep,

    /// <summary>Rewriting what services wrote meanwhile, until nothing is left.</summary>
    Settle,

    /// <summary>Reading every row again, as of one moment.</summary>
    Verify,

    /// <summary>Retiring keys that nothing refers to.</summary>
    Prune,
}

/// <summary>Is told what a run does while it does it.</summary>
public interface IRotationObserver
{
    /// <summary>A phase begins.</summary>
    void Phase(RotationPhase phase);

    /// <summary>Rows of the current phase that are done, and how many there are, where that is known.</summary>
    void Progress(long rows, long? total);

    /// <summary>Something an operator wants to know.</summary>
    void Note(string message);

    /// <summary>Something an operator should act on.</summary>
    void Warn(string message);

    /// <summary>
    /// A step of <see cref="RotationSteps"/> is reached: the outside world has just changed, or is about to. The run goes on when this
    /// returns; what is thrown here ends it.
    /// </summary>
    void Reached(string step);
}
