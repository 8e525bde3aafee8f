using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation.Losses;

/// <summary>Values that were taken out of the database because their keys are lost, or would be in a dry run.</summary>
/// <param name="Files">The files that hold them now; none in a dry run, or where only what is no secret was emptied.</param>
/// <param name="Count">How many they are.</param>
/// <param name="Values">Which: the first 100,000, by table, row, field and key id. No value is in it.</param>
public sealed record KeyLossReport(IReadOnlyList<string> Files, long Count, IReadOnlyList<ValueProblem> Values)
{
    /// <summary>What would be moved; null where no key is said to be lost.</summary>
    /// <param name="census">What there is.</param>
    /// <param name="lost">The keys.</param>
    /// <param name="ledger">The table of the service's own record, which is no secret and made anew; null where it has none.</param>
    internal static KeyLossReport? Of(Census census, IReadOnlyCollection<uint> lost, EncryptedTable? ledger)
    {
        if (lost.Count == 0)
            return null;
        var under = census.Problems.Where(problem => problem.IsUnknownKey && lost.Contains(problem.KeyId))
            .ToLookup(problem => problem.Field.Table == ledger);
        return new KeyLossReport([], census.UnderLost(lost) - under[true].Count(), [.. under[false]]);
    }
}
