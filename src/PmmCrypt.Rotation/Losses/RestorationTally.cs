using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation.Losses;

/// <summary>What became of values, counted.</summary>
internal sealed class RestorationTally
{
    public List<ValueProblem> Restored { get; } = [];

    public List<ValueProblem> Left { get; } = [];

    public List<ValueProblem> Unopened { get; } = [];

    public long InPlace { get; set; }

    /// <summary>Takes over what was counted of a row.</summary>
    public void Add(RestorationTally row)
    {
        Restored.AddRange(row.Restored);
        Left.AddRange(row.Left);
        Unopened.AddRange(row.Unopened);
        InPlace += row.InPlace;
    }
}
