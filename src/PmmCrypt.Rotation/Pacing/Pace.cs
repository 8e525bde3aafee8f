using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Pacing;

/// <summary>A piece of work on the database that is done: a page that was read, or one that was replaced.</summary>
/// <param name="Rows">Rows that were read.</param>
/// <param name="From">When it began, from a moment that is the same for all.</param>
/// <param name="To">When it ended.</param>
internal readonly record struct Work(int Rows, TimeSpan From, TimeSpan To)
{
    public TimeSpan Took => To - From;
}

/// <summary>How a gentle run goes about its pages: how large they are, and when the next piece of work may begin.</summary>
internal abstract class Pace
{
    /// <summary>The most rows of the next page.</summary>
    public abstract int Rows { get; }

    /// <summary>When the next piece of work may begin, after this one. It may be over already.</summary>
    public abstract TimeSpan Next(Work work);

    /// <summary>Whether the database is to be asked now how busy it is.</summary>
    public virtual bool WantsLoad(TimeSpan now) => false;

    /// <summary>Hears how busy the database is.</summary>
    public virtual void Hear(StoreLoad load, TimeSpan now)
    {
    }

    /// <summary>The pace that was asked for; it is not <see cref="Throttle.None"/>.</summary>
    public static Pace For(Throttle throttle) =>
        throttle.RowsPerSecond is { } rows ? new SteadyPace(rows) : new YieldingPace(new RestRule());
}
