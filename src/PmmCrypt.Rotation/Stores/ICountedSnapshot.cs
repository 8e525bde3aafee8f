using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Stores;

/// <summary>One moment of a database: some of its rows counted by how their values begin, and the rest of them to be read.</summary>
/// <remarks>It holds that moment until it is disposed. No other call may be made of the store meanwhile.</remarks>
public interface ICountedSnapshot : IAsyncDisposable
{
    /// <summary>How many rows were counted.</summary>
    long Rows { get; }

    /// <summary>The values of those rows, but for empty ones.</summary>
    IReadOnlyList<ValueCount> Counts { get; }

    /// <summary>Reads every row that was not counted. A page holds rows of one table, and may hold none; its reader disposes it.</summary>
    IAsyncEnumerable<RowPage> ReadRestAsync(PageSize size, CancellationToken cancellation);
}

/// <summary>How many values of a field begin alike.</summary>
/// <param name="Field">The field.</param>
/// <param name="KeyId">The key that they begin with; null where they are in the clear.</param>
/// <param name="Format">The format of the ciphertexts; <see cref="StoredFormat.Unknown"/> where they are in the clear.</param>
/// <param name="Values">How many.</param>
public sealed record ValueCount(EncryptedField Field, uint? KeyId, StoredFormat Format, long Values);
