using System.Runtime.CompilerServices;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Pacing;

/// <summary>
/// A store whose pages are small and come at a pace, one at a time. Whoever reads and writes them needs not know. What is done behind a
/// fence is not slowed down: writers wait for it.
/// </summary>
internal sealed class PacedStore(IRotationStore inner, Turns turns, IRotationObserver observer) : IRotationStore
{
    private bool _isTold;

    public string DisplayName => inner.DisplayName;

    public string Database => inner.Database;

    /// <summary>One, so that others come in between.</summary>
    public int MaxReplacing => 1;

    public bool WritersWaitForSnapshots => inner.WritersWaitForSnapshots;

    public Action? BeforeCommit
    {
        get => inner.BeforeCommit;
        set => inner.BeforeCommit = value;
    }

    public Task<IAsyncDisposable> LockAsync(TimeSpan timeout, CancellationToken cancellation) => inner.LockAsync(timeout, cancellation);

    public Task ShareSweepAsync(uint keyId, CancellationToken cancellation) => inner.ShareSweepAsync(keyId, cancellation);

    public Task<IAsyncDisposable?> JoinSweepAsync(uint keyId, CancellationToken cancellation) => inner.JoinSweepAsync(keyId, cancellation);

    public Task ExcludeSweepsAsync(IReadOnlyList<uint> keyIds, TimeSpan timeout, CancellationToken cancellation) =>
        inner.ExcludeSweepsAsync(keyIds, timeout, cancellation);

    public Task<ICountedSnapshot> CountAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, CancellationToken cancellation) =>
        inner.CountAsync(tables, keyIds, cancellation);

    public Task<IReadOnlyList<TableLayout>> DescribeAsync(EncryptionModel model, CancellationToken cancellation) =>
        inner.DescribeAsync(model, cancellation);

    public Task<IReadOnlyList<TableFacts>> ExamineAsync(EncryptionModel model, CancellationToken cancellation) =>
        inner.ExamineAsync(model, cancellation);

    public Task<ProbeResult> ProbeAsync(IReadOnlyList<TableLayout> tables, CancellationToken cancellation) =>
        inner.ProbeAsync(tables, cancellation);

    public Task<IReadOnlyList<StoreSession>> SessionsAsync(CancellationToken cancellation) => inner.SessionsAsync(cancellation);

    public async IAsyncEnumerable<RowPage> ReadSnapshotAsync(
        IReadOnlyList<TableLayout> tables, PageSize size, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (inner.WritersWaitForSnapshots)
        {
            await foreach (var page in inner.ReadSnapshotAsync(tables, size, cancellation).ConfigureAwait(false))
                yield return page;
            yield break;
        }

        var pages = inner.ReadSnapshotAsync(tables, Small(size), cancellation).GetAsyncEnumerator(cancellation);
        await using (pages.ConfigureAwait(false))
        {
            while (await turns.ReadAsync(
                () => pages.MoveNextAsync().AsTask(), more => more ? pages.Current.Count : 0, LoadAsync, cancellation)
                    .ConfigureAwait(false))
                yield return pages.Current;
        }
    }

    public Task<RowPage> ReadPageAsync(
        TableLayout table, PagePosition? from, PageSize size, uint? doneUnder, CancellationToken cancellation) =>
        turns.ReadAsync(
            () => inner.ReadPageAsync(table, from, Small(size), doneUnder, cancellation), page => page.Count, LoadAsync, cancellation);

    public Task<IReadOnlyList<bool>> ReplaceAsync(RowPage page, RowChanges changes, CancellationToken cancellation) =>
        turns.WriteAsync(() => inner.ReplaceAsync(page, changes, cancellation));

    public Task FlushAsync(CancellationToken cancellation) => inner.FlushAsync(cancellation);

    public Task<StrayReferences> FindStraysAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, bool inJsonOfTables, CancellationToken cancellation) =>
        inner.FindStraysAsync(tables, keyIds, inJsonOfTables, cancellation);

    public Task<IReadOnlyList<string>> LaggingReplicasAsync(TimeSpan timeout, CancellationToken cancellation) =>
        inner.LaggingReplicasAsync(timeout, cancellation);

    public async Task<StoreLoad> LoadAsync(CancellationToken cancellation)
    {
        var load = await inner.LoadAsync(cancellation).ConfigureAwait(false);
        if (load.ReplicaLag is null && !_isTold)
        {
            _isTold = true;
            observer.Note("how far the replicas are behind, this role may not see (GRANT pg_monitor): they do not slow the run down");
        }

        return load;
    }

    public Task<IStoreFence> FenceAsync(IReadOnlyList<TableLayout> tables, TimeSpan timeout, CancellationToken cancellation) =>
        inner.FenceAsync(tables, timeout, cancellation);

    /// <summary>Nothing: the store is its opener's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private PageSize Small(PageSize size) => size with { Rows = Math.Min(size.Rows, turns.Rows) };
}
