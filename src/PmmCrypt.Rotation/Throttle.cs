namespace PmmCrypt.Rotation;

/// <summary>How a run spares a database that others work on: not at all, at a steady rate, or as the database's load allows.</summary>
public sealed class Throttle
{
    private Throttle(int? rowsPerSecond) => RowsPerSecond = rowsPerSecond;

    /// <summary>As fast as the database can.</summary>
    public static Throttle None { get; } = new(null);

    /// <summary>
    /// Rests after each page for a multiple of what the page took: longer while other sessions wait for locks, replicas fall behind, or a
    /// commit takes longer than it did at first.
    /// </summary>
    public static Throttle Auto { get; } = new(null);

    /// <summary>The most rows that are read in a second, in every phase; null for no fixed rate.</summary>
    public int? RowsPerSecond { get; }

    /// <summary>At a steady rate.</summary>
    /// <param name="rowsPerSecond">The most rows that are read in a second, at least 1.</param>
    public static Throttle Steady(int rowsPerSecond)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsPerSecond, 1);
        return new(rowsPerSecond);
    }
}
