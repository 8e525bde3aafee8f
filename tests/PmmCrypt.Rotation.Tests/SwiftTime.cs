namespace PmmCrypt.Rotation.Tests;

/// <summary>A time that passes only where a test says so, or where something waits: and that takes no time.</summary>
internal sealed class SwiftTime : TimeProvider
{
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Acts when something begins to wait.</summary>
    public Action<TimeSpan> OnWait { get; set; } = _ => { };

    /// <summary>Whether who waits does so for ever.</summary>
    public bool StandsStill { get; set; }

    public void Pass(double seconds) => _now += TimeSpan.FromSeconds(seconds);

    public override long GetTimestamp() => _now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        OnWait(dueTime);
        if (!StandsStill)
            _now += dueTime;
        return System.CreateTimer(callback, state, StandsStill ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
