namespace PmmCrypt.Tool.Compatibility;

/// <summary>How PMM's own tool ends: the numbers of PMM 3.0 to 3.9, and that of a prune, which its rewrite has beside them.</summary>
internal static class PmmExitCode
{
    public const int Done = 0;

    /// <summary>The command line is wrong, or the database cannot be opened.</summary>
    public const int NotOpened = 1;

    /// <summary>PMM Server was not stopped, here or on another node. Nothing was changed.</summary>
    public const int NotStopped = 2;

    /// <summary>The rotation failed.</summary>
    public const int NotRotated = 3;

    /// <summary>The rotation was done, and PMM Server does not run.</summary>
    public const int NotStarted = 4;

    /// <summary>The rotation was done, and old keys were not retired.</summary>
    public const int NotPruned = 5;
}
