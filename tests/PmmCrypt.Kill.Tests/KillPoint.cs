namespace PmmCrypt.Kill.Tests;

/// <summary>Where a run is killed: when it comes to a step for the n-th time.</summary>
public sealed record KillPoint(string Step, int Occurrence)
{
    /// <summary>The first, a middle and the last occurrence of each step of a trace.</summary>
    public static IReadOnlyList<KillPoint> Of(IEnumerable<string> trace) =>
    [
        .. from step in trace.GroupBy(step => step)
           from occurrence in new[] { 1, (step.Count() + 1) / 2, step.Count() }.Distinct()
           select new KillPoint(step.Key, occurrence),
    ];

    /// <inheritdoc/>
    public override string ToString() => $"{Step} {Occurrence}";
}
