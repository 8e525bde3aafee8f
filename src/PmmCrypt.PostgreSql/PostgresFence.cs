using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Holds the tables in SHARE mode: readers read on, and nobody writes. A prepared transaction or a slow writer that has written holds the
/// lock off, so what it would bring back cannot come behind a count that is made under the fence.
/// </summary>
internal sealed class PostgresFence : IStoreFence
{
    private readonly PostgresConnections _connections;
    private readonly IReadOnlyList<TableLayout> _tables;
    private readonly NpgsqlTransaction _transaction;

    private PostgresFence(PostgresConnections connections, IReadOnlyList<TableLayout> tables, NpgsqlTransaction transaction)
    {
        _connections = connections;
        _tables = tables;
        _transaction = transaction;
    }

    public static async Task<PostgresFence> RaiseAsync(
        PostgresConnections connections, IReadOnlyList<TableLayout> tables, TimeSpan timeout, CancellationToken cancellation)
    {
        var transaction = await PostgresConnections.BeginAsync(
            connections.Writer, IsolationLevel.ReadCommitted, forWriting: true, cancellation)
            .ConfigureAwait(false);
        try
        {
            var names = string.Join(", ", tables.OfType<PostgresTable>().Where(table => table.IsPresent).Select(table => table.SqlName));
            var milliseconds = Math.Max(1, (long)timeout.TotalMilliseconds);
            await using var command = new NpgsqlCommand(
                $"SELECT set_config('lock_timeout', '{milliseconds}', true); LOCK TABLE {names} IN SHARE MODE; "
                + "SELECT set_config('lock_timeout', '0', true)",
                connections.Writer,
                transaction);
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            await PostgresLog.FlushAsync(connections.Reader, cancellation).ConfigureAwait(false);
            return new PostgresFence(connections, tables, transaction);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            throw new StoreBusyException(
                "a transaction that writes the tables did not end in time, so no key was retired",
                "see pg_stat_activity and pg_prepared_xacts for what is still open; end it, and run the prune again");
        }
        catch
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async IAsyncEnumerable<RowPage> ReadAsync(PageSize size, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var pages = PostgresReader.ReadAsync(_connections.Writer, _tables, withPlaces: false, size, cancellation);
        await foreach (var page in pages.ConfigureAwait(false))
            yield return page;
    }

    public async Task ProveAsync(CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT", _connections.Writer, _transaction);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    public Task ReleaseAsync(CancellationToken cancellation) => _transaction.CommitAsync(cancellation);

    public ValueTask DisposeAsync() => _transaction.DisposeAsync();
}
