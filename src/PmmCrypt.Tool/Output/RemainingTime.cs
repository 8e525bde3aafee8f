using System.Globalization;

namespace PmmCrypt.Tool.Output;

/// <summary>How long a phase will go on, by how far it came in how long.</summary>
internal static class RemainingTime
{
    /// <summary>Before that, a phase says more of how it began than of how it goes on.</summary>
    private static readonly TimeSpan Soonest = TimeSpan.FromSeconds(2);

    /// <summary>The time that is left; null where nothing can be said.</summary>
    /// <param name="rows">Rows that are done.</param>
    /// <param name="total">How many there are.</param>
    /// <param name="elapsed">How long they took.</param>
    public static TimeSpan? Of(long rows, long? total, TimeSpan elapsed)
    {
        if (total is not { } all || rows <= 0 || elapsed < Soonest)
            return null;
        var left = elapsed.TotalSeconds * Math.Max(0, all - rows) / rows;
        return left < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(left) : null;
    }

    /// <summary>A time that is left in words, no more exact than it is known.</summary>
    public static string InWords(TimeSpan left) => left switch
    {
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(left.TotalSeconds):0} s left"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{left.TotalMinutes:0} min left"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{left.TotalHours:0.0} h left"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{left.TotalDays:0} days left"),
    };
}
