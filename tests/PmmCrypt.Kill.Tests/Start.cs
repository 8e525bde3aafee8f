namespace PmmCrypt.Kill.Tests;

/// <summary>How a database and its key file are before the run that is killed.</summary>
public enum Start
{
    /// <summary>Nothing is encrypted, and there is no key file.</summary>
    InTheClear,

    /// <summary>Every value is under the one key of the file.</summary>
    UnderOneKey,

    /// <summary>The same, and a second key waits that services have loaded.</summary>
    WithWaitingKey,

    /// <summary>A rotation is under way: values are under the primary and under the key before, and nothing is under a third.</summary>
    HalfRotated,

    /// <summary>Every value is under the one key of the file, but for some whose key is lost.</summary>
    WithLostKey,
}
