namespace PmmCrypt.Rotation.Tests;

/// <summary>The system's time, moved.</summary>
internal sealed class Clock : TimeProvider
{
    public TimeSpan Moved { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Moved;
}
