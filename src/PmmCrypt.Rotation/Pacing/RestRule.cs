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

    /// <summary>The multiple at first. Others have the database for nine tenths of the time, and more.</summary>
    public const double First = 15;

    /// <summary>The multiple in a database with nothing else to do.</summary>
    public const double Least = 10;

    /// <summary>The multiple in a database that is at its limit.</summary>
    public const double Most = 200;

    /// <summary>Bytes that a replica may be behind.</summary>
    public const long MostLag = 32 << 20;

    /// <summary>The shortest rest: of a page that the server has sent ahead, what it took here is not what it took there.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);

    /// <summary>The longest rest.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private const double Growth = 1.5;
    private const double Shrinkage = 0.9;
    private const double Slower = 2;
    private const double Newest = 0.3;

    private static readonly TimeSpan SlowerAtLeast = TimeSpan.FromMilliseconds(2);

    private readonly List<StoreLoad> _first = [];
    private StoreLoad _usual = StoreLoad.Unknown;
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
            _first.Add(load);
            // One slow commit among the first must not pass for the usual.
            _commit = _first.Select(sample => sample.Commit).Order().ElementAt(_first.Count / 2);
            _usual = new StoreLoad(_first.Max(sample => sample.Waiting), 0, _commit);
            return;
        }

        _commit = Newest * load.Commit + (1 - Newest) * _commit;
        Multiple = IsBusy(load) ? Math.Min(Most, Multiple * Growth) : Math.Max(Least, Multiple * Shrinkage);
    }

    /// <summary>How long to rest after a page.</summary>
    public TimeSpan After(TimeSpan took)
    {
        var rest = took * Multiple;
        return rest < Shortest ? Shortest : rest > Longest ? Longest : rest;
    }

    private bool IsBusy(StoreLoad load) =>
        load.Waiting > _usual.Waiting
        || load.ReplicaLag > MostLag
        || (_commit > Slower * _usual.Commit && _commit > _usual.Commit + SlowerAtLeast);
}
