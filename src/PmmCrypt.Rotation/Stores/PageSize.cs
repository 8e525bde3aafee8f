namespace PmmCrypt.Rotation.Stores;

/// <summary>How much is read at once.</summary>
/// <param name="Rows">The most rows.</param>
/// <param name="Bytes">The most bytes of stored values; a page ends with the row that passes it.</param>
public readonly record struct PageSize(int Rows, int Bytes)
{
    /// <summary>Rows enough to make a round trip worth its while, bytes few enough to keep memory flat.</summary>
    public static PageSize Default { get; } = new(250, 4 << 20);
}
