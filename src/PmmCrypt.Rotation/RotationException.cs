namespace PmmCrypt.Rotation;

/// <summary>Why a run ended without doing all it was asked to. The tool's exit codes follow from it.</summary>
public enum RotationFailure
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>Values off the primary key are left; a re-run goes on.</summary>
    WorkRemains,

    /// <summary>The key file is missing, unreadable, or not this database's.</summary>
    Key,

    /// <summary>Some values do not open.</summary>
    Unreadable,

    /// <summary>Refused, because a value could be lost or misread.</summary>
    Refused,

    /// <summary>Stopped by request; a re-run goes on.</summary>
    Interrupted,

    /// <summary>Another run, or the service's own start, holds the lock.</summary>
    Locked,

    /// <summary>The database is unreachable, refuses the login, or lacks a right.</summary>
    Database,

    /// <summary>Nothing of the model is in the database.</summary>
    NothingFound,
}

/// <summary>A run ended without doing all it was asked to, in an orderly way. Every stored value opens with the key file on disk.</summary>
/// <param name="failure">Why.</param>
/// <param name="message">What happened, for an operator. No secret.</param>
/// <param name="hint">What to do next.</param>
/// <param name="inner">What it was caught from.</param>
public sealed class RotationException(RotationFailure failure, string message, string? hint = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public RotationFailure Failure { get; } = failure;

    /// <summary>What to do next.</summary>
    public string? Hint { get; } = hint;

    /// <summary>The values that do not open, where that is why.</summary>
    public IReadOnlyList<Counting.ValueProblem> Problems { get; init; } = [];
}
