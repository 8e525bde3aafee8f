namespace PmmCrypt.Benchmarks;

/// <summary>
/// A rotation that can be measured. It runs as a process of its own, so that what it costs is not mixed with what measuring costs,
/// and its peak memory is its own.
/// </summary>
internal interface IMeasuredRotation
{
    /// <summary>What stands in the table.</summary>
    string Name { get; }

    /// <summary>Encrypts a database that is in the clear, and makes the key file. Not measured.</summary>
    Task PrepareAsync(RotationTarget target, CancellationToken cancellation);

    /// <summary>What the tool can say of the database without writing to it, each a verb.</summary>
    IReadOnlyList<string> Readers { get; }

    /// <summary>Runs one of <see cref="Readers"/>.</summary>
    Task<Measurement> ReadAsync(string verb, RotationTarget target, CancellationToken cancellation);

    /// <summary>Rotates every value of the database to a new key.</summary>
    Task<Measurement> RotateAsync(RotationTarget target, CancellationToken cancellation);

    /// <summary>The same by several runs that share the sweep, each held to a share of one core, in percent, where one is given.</summary>
    Task<Measurement> RotateTogetherAsync(int runs, int? share, RotationTarget target, CancellationToken cancellation);
}

/// <summary>What is rotated.</summary>
internal sealed record RotationTarget(string ConnectionString, string KeyFile);

/// <summary>What one run cost.</summary>
/// <param name="Name">What ran.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="PeakMemory">The process's greatest resident set in bytes, where it was a process of its own.</param>
/// <param name="Phases">Milliseconds by phase, where the process says so.</param>
/// <param name="Usage">What else the process used.</param>
internal sealed record Measurement(
    string Name, double Seconds, long? PeakMemory = null, IReadOnlyDictionary<string, double>? Phases = null, ToolUsage? Usage = null);
