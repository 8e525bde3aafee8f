using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Healing;

namespace PmmCrypt.Rotation.Losses;

/// <summary>What became of the values of a backup file.</summary>
/// <param name="PrimaryKeyId">The key that what was put back is under.</param>
/// <param name="Borrowed">The other key files whose keys were used to open them.</param>
public sealed record RestorationReport(uint PrimaryKeyId, IReadOnlyList<BorrowedKeys> Borrowed)
{
    /// <summary>Values that were put back, or would be in a dry run. No value is in it, here and below.</summary>
    public IReadOnlyList<ValueProblem> Restored { get; init; } = [];

    /// <summary>How many values were found in their place.</summary>
    public long InPlace { get; init; }

    /// <summary>Values whose place is not as the loss left it; they were left as they are.</summary>
    public IReadOnlyList<ValueProblem> Left { get; init; } = [];

    /// <summary>Values that no key opens; they stay in the file.</summary>
    public IReadOnlyList<ValueProblem> Unopened { get; init; } = [];

    /// <summary>Whether every value of the file is in its place.</summary>
    public bool IsWhole => Left.Count == 0 && Unopened.Count == 0 && UnknownTables.Count == 0;

    /// <summary>Tables of the file that are not the model's.</summary>
    public IReadOnlyList<string> UnknownTables { get; init; } = [];
}
