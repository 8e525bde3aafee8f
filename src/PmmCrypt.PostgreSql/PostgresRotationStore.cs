using System.Runtime.CompilerServices;
using Npgsql;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Rotation's view of a PostgreSQL database, version 14 or later.</summary>
public sealed class PostgresRotationStore : IRotationStore
{
    private readonly PostgresConnections _connections;
    private PostgresWriters? _writers;
    private PostgresLock? _lock;

    private PostgresRotationStore(PostgresConnections connections) => _connections = connections;

    private PostgresLock Held => _lock ?? throw new StoreException(
        $"the encryption lock of {DisplayName} is not held; nothing was written", PostgresErrors.GoesOn);

    /// <inheritdoc/>
    public string DisplayName => _connections.DisplayName;

    /// <inheritdoc/>
    public string Database => _connections.Reader.Database;

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
    public int MaxReplacing => _writers?.Count ?? 1;

    /// <inheritdoc/>
    public Task<IAsyncDisposable> LockAsync(TimeSpan timeout, CancellationToken cancellation) => WritingAsync<IAsyncDisposable>(
        async _ =>
        {
            _lock = await PostgresLock.AcquireAsync(_connections, timeout, cancellation).ConfigureAwait(false);
            _writers ??= new PostgresWriters(_connections);
            return _lock;
        }, cancellation);

    /// <inheritdoc/>
    public Task ShareSweepAsync(uint keyId, CancellationToken cancellation) =>
        _connections.TryAsync(() => Held.ShareAsync(keyId, cancellation));

    /// <inheritdoc/>
    public Task<IAsyncDisposable?> JoinSweepAsync(uint keyId, CancellationToken cancellation) => WritingAsync<IAsyncDisposable?>(
        async _ =>
        {
            _lock = await PostgresLock.JoinAsync(_connections, keyId, cancellation).ConfigureAwait(false);
            _writers ??= new PostgresWriters(_connections);
            return _lock;
        }, cancellation);

    /// <inheritdoc/>
    public Task ExcludeSweepsAsync(IReadOnlyList<uint> keyIds, TimeSpan timeout, CancellationToken cancellation) =>
        _connections.TryAsync(() => Held.ExcludeAsync(keyIds, timeout, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<TableLayout>> DescribeAsync(EncryptionModel model, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _connections.TryAsync(() => PostgresConnections.InTransactionAsync(
            // A fence, which may be standing, is a transaction of the writer's.
            _connections.Reader, connection => PostgresSchema.DescribeAsync(connection, model, cancellation), cancellation));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TableFacts>> ExamineAsync(EncryptionModel model, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _connections.TryAsync(() => PostgresConnections.InTransactionAsync(
            _connections.Reader, connection => PostgresExamination.RunAsync(connection, model, cancellation), cancellation));
    }

    /// <inheritdoc/>
    public Task<ProbeResult> ProbeAsync(IReadOnlyList<TableLayout> tables, CancellationToken cancellation) =>
        WritingAsync(writer => PostgresProbe.RunAsync(writer, tables, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoreSession>> SessionsAsync(CancellationToken cancellation) =>
        WritingAsync(
            writer => PostgresConnections.InTransactionAsync(
                writer, connection => PostgresSessions.ListAsync(connection, cancellation), cancellation), cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<RowPage> ReadSnapshotAsync(IReadOnlyList<TableLayout> tables, PageSize size, CancellationToken cancellation) =>
        TranslateAsync(
            PostgresSnapshot.ReadAsync(_connections.Reader, () => _connections.SecondAsync(cancellation), tables, size, cancellation),
            DisplayName, cancellation);

    /// <inheritdoc/>
    public async Task<ICountedSnapshot> CountAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, CancellationToken cancellation)
    {
        var count = await _connections.TryAsync(() => PostgresCount.TakeAsync(_connections.Reader, tables, keyIds, cancellation))
            .ConfigureAwait(false);
        return new TranslatingCount(count, DisplayName);
    }

    /// <inheritdoc/>
    public Task<RowPage> ReadPageAsync(
        TableLayout table, PagePosition? from, PageSize size, uint? doneUnder, CancellationToken cancellation) =>
        _connections.TryAsync(
            () => PostgresReader.ReadPageAsync(_connections.Reader, (PostgresTable)table, from, size, doneUnder, _lock, cancellation));

    /// <inheritdoc/>
    public Task<IReadOnlyList<bool>> ReplaceAsync(RowPage page, RowChanges changes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(changes);
        var (held, writers) = (Held, _writers!);
        if (changes.Count == 0)
            return Task.FromResult<IReadOnlyList<bool>>([]);
        return _connections.TryAsync(
            () => writers.ReplaceAsync((PostgresTable)page.Layout, page, changes, held, BeforeCommit, cancellation));
    }

    /// <inheritdoc/>
    public Task FlushAsync(CancellationToken cancellation) =>
        WritingAsync(
            async writer =>
            {
                await PostgresLog.FlushAsync(writer, cancellation).ConfigureAwait(false);
                return true;
            }, cancellation);

    /// <inheritdoc/>
    public Task<StrayReferences> FindStraysAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, bool inJsonOfTables, CancellationToken cancellation) =>
        WritingAsync(writer => PostgresStrays.FindAsync(writer, tables, keyIds, inJsonOfTables, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> LaggingReplicasAsync(TimeSpan timeout, CancellationToken cancellation) =>
        _connections.TryAsync(() => PostgresReplicas.LaggingAsync(_connections.Reader, timeout, cancellation));

    /// <inheritdoc/>
    public Task<StoreLoad> LoadAsync(CancellationToken cancellation) =>
        WritingAsync(writer => PostgresLoad.MeasureAsync(writer, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task<IStoreFence> FenceAsync(IReadOnlyList<TableLayout> tables, TimeSpan timeout, CancellationToken cancellation)
    {
        var fence = await WritingAsync(_ => PostgresFence.RaiseAsync(_connections, tables, timeout, cancellation), cancellation)
            .ConfigureAwait(false);
        return new TranslatingFence(fence, _connections);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_lock is not null)
            await _lock.DisposeAsync().ConfigureAwait(false);
        _writers?.Dispose();
        await _connections.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Runs what takes the connection that writes, which is opened when it is needed first.</summary>
    private Task<T> WritingAsync<T>(Func<NpgsqlConnection, Task<T>> operation, CancellationToken cancellation) =>
        _connections.TryAsync(async () =>
        {
            await _connections.OpenForWritingAsync(cancellation).ConfigureAwait(false);
            return await operation(_connections.Writer).ConfigureAwait(false);
        });

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

    /// <summary>The count, with the store's exceptions in place of the provider's.</summary>
    private sealed class TranslatingCount(PostgresCount count, string where) : ICountedSnapshot
    {
        public long Rows => count.Rows;

        public IReadOnlyList<ValueCount> Counts => count.Counts;

        public IAsyncEnumerable<RowPage> ReadRestAsync(PageSize size, CancellationToken cancellation) =>
            TranslateAsync(count.ReadRestAsync(size, cancellation), where, cancellation);

        public ValueTask DisposeAsync() => count.DisposeAsync();
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
