using System.Runtime.CompilerServices;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite;

/// <summary>A transaction that shuts out every other writer of the file, and reads what they left.</summary>
internal sealed class SqliteFence : IStoreFence
{
    private readonly SqliteSession _session;
    private readonly IReadOnlyList<TableLayout> _tables;

    private SqliteFence(SqliteSession session, IReadOnlyList<TableLayout> tables)
    {
        _session = session;
        _tables = tables;
    }

    /// <summary>Raises the fence on a session, which it then owns.</summary>
    public static async Task<SqliteFence> RaiseAsync(
        SqliteSession session, IReadOnlyList<TableLayout> tables, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            if (!await session.TryBeginImmediateAsync(timeout, cancellation).ConfigureAwait(false))
                throw new StoreBusyException(
                    $"A writer of {session.Path} did not end within {timeout.TotalSeconds:0.#} s.",
                    "End the long transaction of the program that uses it, and run this again.");
            SqliteDisk.Synchronize(session.Path);
            return new SqliteFence(session, tables);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public IAsyncEnumerable<RowPage> ReadAsync(PageSize size, CancellationToken cancellation) =>
        SqliteSnapshot.ReadAsync(_session, _tables, size, cancellation);

    public Task ProveAsync(CancellationToken cancellation)
    {
        // SQLite itself ends a transaction on some errors (a full disk, an I/O error): then writers were not shut out.
        if (!_session.IsInTransaction)
            throw new StoreException($"The transaction that shut writers out of {_session.Path} has ended by itself.", "Run this again.");
        return Task.CompletedTask;
    }

    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        await ProveAsync(cancellation).ConfigureAwait(false);
        _session.Rollback();
    }

    public ValueTask DisposeAsync()
    {
        _session.Dispose();
        return ValueTask.CompletedTask;
    }
}
