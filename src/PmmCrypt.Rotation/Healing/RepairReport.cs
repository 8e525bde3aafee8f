namespace PmmCrypt.Rotation.Healing;

/// <summary>What a repair found and did.</summary>
/// <param name="Rotation">The values, before and after.</param>
/// <param name="Borrowed">The other files whose keys were used to open them.</param>
public sealed record RepairReport(RotationReport Rotation, IReadOnlyList<BorrowedKeys> Borrowed)
{
    /// <summary>How many layers of a file's keys there were, over all values that opened.</summary>
    public long LayersUnder(BorrowedKeys keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return keys.KeyIds.Sum(id => Rotation.Plan.References.GetValueOrDefault(id));
    }
}
