using System.Numerics;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Divides a heap among the runs that sweep it together: each takes a part that nobody has taken, and when it has read that, another. What
/// is taken stays so until the run has ended; of one that died, others take it again.
/// </summary>
internal sealed class HeapParts
{
    /// <summary>So many parts, or up to twice as many: few for the server's lock table, and small, so that all end together.</summary>
    private const int Wanted = 64;

    private const int SmallestWidth = 4;

    private readonly PostgresLock? _claims;
    private readonly uint _table;
    private readonly int _width;
    private readonly long _blocks;
    private readonly List<int> _open;

    private HeapParts(PostgresLock? claims, uint table, long blocks, int width)
    {
        _claims = claims;
        _table = table;
        _blocks = blocks;
        _width = width;
        var count = (int)((blocks + (1L << width) - 1) >> width);
        // A run that joins begins anywhere: it and the first would otherwise meet at each part.
        var first = claims?.IsJoined == true && count > 0 ? Random.Shared.Next(count) : 0;
        _open = [.. Enumerable.Range(0, count).Select(i => (first + i) % count)];
    }

    /// <summary>Whether there are parts that other runs have taken.</summary>
    public bool HasLeft => _open.Count > 0;

    /// <summary>Divides a heap, in the way in which others have divided it already.</summary>
    /// <param name="claims">By what parts are taken; null where nobody else can take any.</param>
    /// <param name="table">The relation's object id.</param>
    /// <param name="blocks">Its size in blocks.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<HeapParts> DivideAsync(PostgresLock? claims, uint table, long blocks, CancellationToken cancellation)
    {
        var width = claims is null ? null : await claims.WidthAsync(table, cancellation).ConfigureAwait(false);
        var narrowest = WidthFor(blocks, AdvisoryLocks.MostParts / 2);
        return new HeapParts(claims, table, blocks, Math.Max(width ?? WidthFor(blocks, Wanted), narrowest));
    }

    /// <summary>The beginning of the next part; null where others have taken what is left.</summary>
    /// <param name="before">Where the pass was.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<HeapPosition?> NextAsync(HeapPosition before, CancellationToken cancellation)
    {
        if (_open.Count == 0)
            return null;
        var taken = _claims is null ? _open[0] : await _claims.ClaimAsync(_table, _width, _open, cancellation).ConfigureAwait(false);
        if (taken is not { } part)
            return null;
        _open.Remove(part);
        var (from, end) = ((long)part << _width, Math.Min(_blocks, (long)(part + 1) << _width));
        return before with { From = (ulong)from * HeapPlace.PerBlock, End = (ulong)end * HeapPlace.PerBlock };
    }

    private static int WidthFor(long blocks, int parts) =>
        Math.Max(SmallestWidth, BitOperations.Log2((ulong)Math.Max(1, blocks)) - BitOperations.Log2((uint)parts));
}
