using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Pacing;

/// <summary>
/// How long to rest after a page: a multiple of what the page took, so that a slow database rests longer by itself. The multiple grows
/// quickly while the database is busier than it was at first, and shrinks slowly when it is not.
/// </summary>
internal sealed class RestRule
{
    /// <summary>How often the load is measured at first, to know what is usual here.</summary>
    public const int Samples = 5;

    /// <summary>The multiple at first. Others have the database to themselves for nine tenths of the time.</summary>
    public const double First = 10;

    /// <summary>The multiple in a database with nothing else to do.</summary>
    public const double Least = 5;

    /// <summary>The multiple in a database that is at its limit.</summary>
    public const double Most = 60;

    /// <summary>Bytes that a replica may be behind.</summary>
    public const long MostLag = 32 << 20;

    /// <summary>The shortest rest: of a page that the server has sent ahead, what it took here is not what it took there.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest rest.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    private const double Growth = 1.5;
    private const double Shrinkage = 0.9;
    private const double Slower = 2;
    private const double Newest = 0.3;
    private const double NewUsual = 0.02;

    private static readonly TimeSpan SlowerAtLeast = TimeSpan.FromMilliseconds(2);

    private readonly List<TimeSpan> _first = [];
    private double _usuallyWaiting;
    private TimeSpan _usualCommit;
    private TimeSpan _commit;

    /// <summary>The multiple at the moment.</summary>
    public double Multiple { get; private set; } = First;

    /// <summary>Whether it is known what is usual here.</summary>
    public bool KnowsUsual => _first.Count >= Samples;

    /// <summary>Hears how busy the database is: the first times what is usual, and from then on what has become of it.</summary>
    public void Hear(StoreLoad load)
    {
        if (!KnowsUsual)
        {
            _first.Add(load.Commit);
            // One slow commit among the first must not pass for the usual.
            _commit = _usualCommit = _first.Order().ElementAt(_first.Count / 2);
            _usuallyWaiting = Math.Max(_usuallyWaiting, load.Waiting);
            return;
        }

        _commit = Newest * load.Commit + (1 - Newest) * _commit;
        Multiple = IsBusy(load) ? Math.Min(Most, Multiple * Growth) : Math.Max(Least, Multiple * Shrinkage);
        // The day comes after the night: what lasts becomes the usual, and a run that began when nobody worked does not crawl for ever.
        _usualCommit += NewUsual * (load.Commit - _usualCommit);
        _usuallyWaiting += NewUsual * (load.Waiting - _usuallyWaiting);
    }

    /// <summary>How long to rest after a page.</summary>
    public TimeSpan After(TimeSpan took)
    {
        var rest = took * Multiple;
        return rest < Shortest ? Shortest : rest > Longest ? Longest : rest;
    }

    private bool IsBusy(StoreLoad load) =>
        load.Waiting > Math.Ceiling(_usuallyWaiting)
        || load.ReplicaLag > MostLag
        || (_commit > Slower * _usualCommit && _commit > _usualCommit + SlowerAtLeast);
}
