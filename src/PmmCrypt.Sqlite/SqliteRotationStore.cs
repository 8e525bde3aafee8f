using System.Runtime.CompilerServices;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite;

/// <summary>A SQLite database file as rotation sees it.</summary>
/// <remarks>
/// <para>One statement at a time, as on any database connection; a snapshot and a fence have a connection of their own.</para>
/// <para>
/// SQLite locks files, not rows. A page is replaced in one immediate transaction: the service waits for it, for as long as the page takes.
/// In WAL mode a snapshot reads beside writers; with a rollback journal it makes them wait until it ends, which is how it sees one moment.
/// </para>
/// </remarks>
public sealed class SqliteRotationStore : IRotationStore
{
    private readonly SqliteSession _session;
    private readonly SqliteSchema _schema;
    private readonly SqliteStoreOptions _options;
    private readonly SemaphoreSlim _turn = new(1);       // a page is read while another is replaced, and both on one connection
    private SqliteLock? _lock;

    private SqliteRotationStore(SqliteSession session, SqliteStoreOptions options)
    {
        _session = session;
        _schema = new SqliteSchema(session);
        _options = options;
        Database = options.Database ?? Path.GetFileNameWithoutExtension(session.Path);
    }

    /// <summary>The path of the file.</summary>
    public string DisplayName => _session.Path;

    /// <inheritdoc/>
    public string Database { get; }

    /// <summary>Opens a database file that exists.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">What else is to be said of it.</param>
    /// <param name="cancellation">Stops the opening.</param>
    /// <exception cref="StoreException">There is no such file, it cannot be opened, or it is no SQLite database.</exception>
    public static Task<SqliteRotationStore> OpenAsync(string path, SqliteStoreOptions? options, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        cancellation.ThrowIfCancellationRequested();
        // Absolute, so that no path is read as a URI (file:…) or as a database in memory.
        path = Path.GetFullPath(path);
        if (Directory.Exists(path))
            throw new StoreException($"{path} is a folder, not a database file.", "Name the database file in it.");
        if (!File.Exists(path))
            throw new StoreException($"There is no database file {path}.", "Check the path: a database is never made, only opened.");
        options ??= new SqliteStoreOptions();
        return Task.FromResult(new SqliteRotationStore(SqliteSession.Open(path, options), options));
    }

    /// <inheritdoc/>
    public Action? BeforeCommit { get; set; }

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> LockAsync(TimeSpan timeout, CancellationToken cancellation) =>
        _lock = await SqliteLock.TakeAsync(_session.Path, timeout, cancellation).ConfigureAwait(false);

    /// <summary>Nothing: SQLite has one writer, so there is nothing to share.</summary>
    public Task ShareSweepAsync(uint keyId, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>None can be joined.</summary>
    public Task<IAsyncDisposable?> JoinSweepAsync(uint keyId, CancellationToken cancellation) => Task.FromResult<IAsyncDisposable?>(null);

    /// <summary>Nothing: nobody has joined.</summary>
    public Task ExcludeSweepsAsync(IReadOnlyList<uint> keyIds, TimeSpan timeout, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>One: SQLite has one writer.</summary>
    public int MaxReplacing => 1;

    /// <summary>With a rollback journal, whoever reads keeps the writers from committing.</summary>
    public bool WritersWaitForSnapshots => !_session.IsWriteAheadLog;

    /// <inheritdoc/>
    public Task<IReadOnlyList<TableLayout>> DescribeAsync(EncryptionModel model, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<TableLayout>>([.. model.Tables.Select(_schema.Describe)]);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TableFacts>> ExamineAsync(EncryptionModel model, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<TableFacts>>([.. model.Tables.Select(new SqliteExamination(_session, _schema).Examine)]);
    }

    /// <inheritdoc/>
    public Task<ProbeResult> ProbeAsync(IReadOnlyList<TableLayout> tables, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tables);
        return new SqliteProbe(_session, _schema).ProbeAsync(tables, cancellation);
    }

    /// <summary>None: SQLite cannot tell who else has the file open.</summary>
    public Task<IReadOnlyList<StoreSession>> SessionsAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<StoreSession>>([]);

    /// <inheritdoc/>
    public async IAsyncEnumerable<RowPage> ReadSnapshotAsync(
        IReadOnlyList<TableLayout> tables, PageSize size, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var session = SqliteSession.Open(_session.Path, _options);
        session.Execute("PRAGMA query_only = ON");
        // The moment is that of the first read, so the first read comes with the beginning.
        session.Execute("BEGIN");
        _ = session.Scalar("SELECT count(*) FROM sqlite_master");
        await foreach (var page in SqliteSnapshot.ReadAsync(session, tables, size, cancellation).ConfigureAwait(false))
            yield return page;
    }

    /// <summary>Counts nothing: the file is read in this process, so every row is as well left to be opened.</summary>
    public Task<ICountedSnapshot> CountAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tables);
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult<ICountedSnapshot>(new Uncounted(this, tables));
    }

    /// <inheritdoc/>
    public async Task<RowPage> ReadPageAsync(
        TableLayout table, PagePosition? from, PageSize size, uint? doneUnder, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(table);
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Every row, also those under doneUnder: the file is read in this process, so leaving rows out would save nothing.
            return new SqliteRows(_session, table, _schema.KeyOf(table.Table)).ReadPage((from as KeyPosition)?.After, size);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<bool>> ReplaceAsync(RowPage page, RowChanges changes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(changes);
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await ReplaceInTurnAsync(page, changes, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<IReadOnlyList<bool>> ReplaceInTurnAsync(RowPage page, RowChanges changes, CancellationToken cancellation)
    {
        var replaced = new bool[changes.Count];
        using var replace = new SqliteReplace(_session, page.Layout, _schema.KeyOf(page.Layout.Table));
        await _session.BeginImmediateAsync(cancellation).ConfigureAwait(false);
        try
        {
            // Within the transaction, so that nothing is written after the lock was seen to be lost.
            RequireLock();
            for (var change = 0; change < replaced.Length; change++)
                replaced[change] = replace.Replace(page, changes, change);
            BeforeCommit?.Invoke();
            await _session.CommitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _session.Rollback();
        }

        return replaced;
    }

    /// <summary>Nothing: what SQLite has committed is on the disk.</summary>
    public Task FlushAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<StrayReferences> FindStraysAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, bool inJsonOfTables, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tables);
        ArgumentNullException.ThrowIfNull(keyIds);
        return Task.FromResult(SqliteStrays.Find(_session, tables, keyIds, inJsonOfTables, cancellation));
    }

    /// <summary>None: SQLite has no replicas that it knows of.</summary>
    public Task<IReadOnlyList<string>> LaggingReplicasAsync(TimeSpan timeout, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Unknown: SQLite does not tell who waits, nor has it replicas.</summary>
    public Task<StoreLoad> LoadAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return Task.FromResult(StoreLoad.Unknown);
    }

    /// <inheritdoc/>
    public async Task<IStoreFence> FenceAsync(IReadOnlyList<TableLayout> tables, TimeSpan timeout, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(tables);
        var session = SqliteSession.Open(_session.Path, _options);
        return await SqliteFence.RaiseAsync(session, tables, timeout, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _session.Dispose();
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private void RequireLock()
    {
        if (_lock is null)
            throw new StoreException($"The rotation lock of {_session.Path} was not taken: nothing is written without it.");
        if (!_lock.IsHeld)
            throw new StoreException(
                $"The rotation lock of {_session.Path} is held no longer: nothing was written.",
                "Run this again: it continues where it stopped.");
    }

    private sealed class Uncounted(SqliteRotationStore store, IReadOnlyList<TableLayout> tables) : ICountedSnapshot
    {
        public long Rows => 0;

        public IReadOnlyList<ValueCount> Counts => [];

        public IAsyncEnumerable<RowPage> ReadRestAsync(PageSize size, CancellationToken cancellation) =>
            store.ReadSnapshotAsync(tables, size, cancellation);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
