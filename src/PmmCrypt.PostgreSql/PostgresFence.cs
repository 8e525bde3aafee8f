using System.Data;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Holds the tables in SHARE mode: readers read on, and nobody writes. A prepared transaction or a slow writer that has written holds the
/// lock off, so what it would bring back cannot come behind a count that is made under the fence.
/// </summary>
/// <remarks>
/// A service that has written a later table and comes to an earlier one waits for the fence, as the fence waits for it. The server ends
/// whoever is last to look for a deadlock: after its <c>deadlock_timeout</c>, that would be the service. So the fence waits for less than
/// that, lets all go, and tries again.
/// </remarks>
internal sealed class PostgresFence : IStoreFence
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

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
        var names = string.Join(", ", tables.OfType<PostgresTable>().Where(table => table.IsPresent).Select(table => table.SqlName));
        var patience = await PatienceAsync(connections.Writer, cancellation).ConfigureAwait(false);
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var left = timeout - waited.Elapsed;
            if (await TryLockAsync(connections.Writer, names, left < patience ? left : patience, cancellation).ConfigureAwait(false)
                is { } transaction)
            {
                try
                {
                    await PostgresLog.FlushAsync(connections.Reader, cancellation).ConfigureAwait(false);
                    return new PostgresFence(connections, tables, transaction);
                }
                catch
                {
                    await transaction.DisposeAsync().ConfigureAwait(false);
                    throw;
                }
            }

            if (waited.Elapsed >= timeout)
            {
                throw new StoreBusyException(
                    "a transaction that writes the tables did not end in time, so no key was retired",
                    "see pg_stat_activity and pg_prepared_xacts for what is still open; end it, and run the prune again");
            }

            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>How long all tables together may be waited for: half of what a session waits before it looks for a deadlock.</summary>
    private static Task<TimeSpan> PatienceAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        PostgresConnections.InTransactionAsync(
            connection,
            async inTransaction =>
            {
                await using var command = new NpgsqlCommand(
                    "SELECT setting::float8 FROM pg_settings WHERE name = 'deadlock_timeout'", inTransaction);
                return TimeSpan.FromMilliseconds((double)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))! / 2);
            },
            cancellation);

    /// <summary>The transaction that holds all tables; null where they were not to be had in time.</summary>
    private static async Task<NpgsqlTransaction?> TryLockAsync(
        NpgsqlConnection connection, string names, TimeSpan patience, CancellationToken cancellation)
    {
        var transaction = await PostgresConnections.BeginAsync(connection, IsolationLevel.ReadCommitted, forWriting: true, cancellation)
            .ConfigureAwait(false);
        try
        {
            // Of the statement: a timeout for locks would begin anew with each table.
            var milliseconds = Math.Max(1, (long)patience.TotalMilliseconds);
            await ExecuteAsync($"SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = {milliseconds}").ConfigureAwait(false);
            await ExecuteAsync($"LOCK TABLE {names} IN SHARE MODE").ConfigureAwait(false);
            await ExecuteAsync("SET LOCAL statement_timeout = 0").ConfigureAwait(false);
            return transaction;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.DeadlockDetected)
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
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
