using System.Runtime.CompilerServices;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Rotation's view of a PostgreSQL database, version 14 or later.</summary>
public sealed class PostgresRotationStore : IRotationStore
{
    private readonly PostgresConnections _connections;
    private readonly PostgresWriter _writer;
    private PostgresLock? _lock;

    private PostgresRotationStore(PostgresConnections connections)
    {
        _connections = connections;
        _writer = new PostgresWriter(connections.Writer);
    }

    /// <inheritdoc/>
    public string DisplayName => _connections.DisplayName;

    /// <inheritdoc/>
    public string Database => _connections.Writer.Database;

    /// <summary>Connects.</summary>
    /// <exception cref="StoreException">The server is unreachable, refuses the login, or has no such database.</exception>
    public static async Task<PostgresRotationStore> OpenAsync(PostgresTarget target, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(target);
        return new PostgresRotationStore(await PostgresConnections.OpenAsync(target, cancellation).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public Action? BeforeCommit { get; set; }

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> LockAsync(TimeSpan timeout, CancellationToken cancellation) =>
        _lock = await _connections.TryAsync(() => PostgresLock.AcquireAsync(_connections, timeout, cancellation)).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TableLayout>> DescribeAsync(EncryptionModel model, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _connections.TryAsync(() => PostgresConnections.InTransactionAsync(
            // A fence, which may be standing, is a transaction of the writer's.
            _connections.Reader, connection => PostgresSchema.DescribeAsync(connection, model, cancellation), cancellation));
    }

    /// <inheritdoc/>
    public Task<ProbeResult> ProbeAsync(IReadOnlyList<TableLayout> tables, CancellationToken cancellation) =>
        _connections.TryAsync(() => PostgresProbe.RunAsync(_connections.Writer, tables, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoreSession>> SessionsAsync(CancellationToken cancellation) =>
        _connections.TryAsync(() => PostgresConnections.InTransactionAsync(
            _connections.Writer, connection => PostgresSessions.ListAsync(connection, cancellation), cancellation));

    /// <inheritdoc/>
    public IAsyncEnumerable<RowPage> ReadSnapshotAsync(IReadOnlyList<TableLayout> tables, PageSize size, CancellationToken cancellation) =>
        TranslateAsync(PostgresReader.ReadSnapshotAsync(_connections.Reader, tables, size, cancellation), DisplayName, cancellation);

    /// <inheritdoc/>
    public Task<RowPage> ReadPageAsync(
        TableLayout table, PagePosition? from, PageSize size, uint? doneUnder, CancellationToken cancellation) =>
        _connections.TryAsync(
            () => PostgresReader.ReadPageAsync(_connections.Reader, (PostgresTable)table, from, size, doneUnder, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<bool>> ReplaceAsync(RowPage page, RowChanges changes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(changes);
        var held = _lock ?? throw new StoreException(
            $"the encryption lock of {DisplayName} is not held; nothing was written", PostgresErrors.GoesOn);
        return _connections.TryAsync(() => _writer.ReplaceAsync((PostgresTable)page.Layout, page, changes, held, BeforeCommit, cancellation));
    }

    /// <inheritdoc/>
    public Task FlushAsync(CancellationToken cancellation) =>
        _connections.TryAsync(() => PostgresLog.FlushAsync(_connections.Writer, cancellation));

    /// <inheritdoc/>
    public Task<StrayReferences> FindStraysAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, CancellationToken cancellation) =>
        _connections.TryAsync(() => PostgresStrays.FindAsync(_connections.Writer, tables, keyIds, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> LaggingReplicasAsync(TimeSpan timeout, CancellationToken cancellation) =>
        _connections.TryAsync(() => PostgresReplicas.LaggingAsync(_connections.Writer, timeout, cancellation));

    /// <inheritdoc/>
    public Task<StoreLoad> LoadAsync(CancellationToken cancellation) =>
        _connections.TryAsync(() => PostgresLoad.MeasureAsync(_connections.Writer, cancellation));

    /// <inheritdoc/>
    public async Task<IStoreFence> FenceAsync(IReadOnlyList<TableLayout> tables, TimeSpan timeout, CancellationToken cancellation)
    {
        var fence = await _connections.TryAsync(() => PostgresFence.RaiseAsync(_connections, tables, timeout, cancellation))
            .ConfigureAwait(false);
        return new TranslatingFence(fence, _connections);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_lock is not null)
            await _lock.DisposeAsync().ConfigureAwait(false);
        await _connections.DisposeAsync().ConfigureAwait(false);
    }

    private static async IAsyncEnumerable<RowPage> TranslateAsync(
        IAsyncEnumerable<RowPage> pages, string where, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reading = pages.GetAsyncEnumerator(cancellation);
        await using (reading.ConfigureAwait(false))
        {
            while (true)
            {
                try
                {
                    if (!await reading.MoveNextAsync().ConfigureAwait(false))
                        yield break;
                }
                catch (Exception e) when (PostgresConnections.IsProviders(e))
                {
                    throw PostgresErrors.Translate(e, where);
                }

                yield return reading.Current;
            }
        }
    }

    /// <summary>The fence, with the store's exceptions in place of the provider's.</summary>
    private sealed class TranslatingFence(PostgresFence fence, PostgresConnections connections) : IStoreFence
    {
        public IAsyncEnumerable<RowPage> ReadAsync(PageSize size, CancellationToken cancellation) =>
            TranslateAsync(fence.ReadAsync(size, cancellation), connections.DisplayName, cancellation);

        public Task ProveAsync(CancellationToken cancellation) => connections.TryAsync(() => fence.ProveAsync(cancellation));

        public Task ReleaseAsync(CancellationToken cancellation) => connections.TryAsync(() => fence.ReleaseAsync(cancellation));

        public ValueTask DisposeAsync() => fence.DisposeAsync();
    }
}
