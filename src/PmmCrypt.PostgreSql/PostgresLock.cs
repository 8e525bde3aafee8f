using System.Data;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// The advisory lock that PMM takes at its start: while it is held, PMM does not start and no second rotation runs.
/// </summary>
/// <remarks>
/// It is held in a transaction of its own. A session's lock would outlive this client behind a pooler; a transaction's does not, and an
/// idle one at read committed holds no snapshot, so vacuum goes on. A heartbeat keeps middle boxes from dropping the quiet connection, and
/// every page asks the server whether the lock still stands.
/// </remarks>
internal sealed class PostgresLock : IAsyncDisposable
{
    /// <summary>PMM's lock, ASCII "PMME".</summary>
    private const long Id = 0x504D4D45;

    /// <summary>
    /// A statement that needs no snapshot. The one of a query lives on in its portal until the next statement, and would keep vacuum from
    /// cleaning up for as long as the rotation runs.
    /// </summary>
    private const string HoldNothing = "SET LOCAL lock_timeout = 0";

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private readonly PostgresConnections _connections;
    private readonly NpgsqlTransaction _transaction;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _beating;
    private bool _released;

    private PostgresLock(PostgresConnections connections, NpgsqlTransaction transaction, int processId)
    {
        _connections = connections;
        _transaction = transaction;
        IsHeldSql = $"""
            EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = {Id} AND objsubid = 1 AND granted
                    AND pid = {processId} AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
            """;
        _beating = BeatAsync();
    }

    /// <summary>An SQL condition: whether this very lock still stands.</summary>
    public string IsHeldSql { get; }

    public static async Task<PostgresLock> AcquireAsync(PostgresConnections connections, TimeSpan timeout, CancellationToken cancellation)
    {
        var transaction = await PostgresConnections.BeginAsync(
            connections.Lock, IsolationLevel.ReadCommitted, forWriting: false, cancellation)
            .ConfigureAwait(false);
        try
        {
            var milliseconds = Math.Max(1, (long)timeout.TotalMilliseconds);
            await using var command = new NpgsqlCommand(
                $"SET LOCAL lock_timeout = {milliseconds}; SELECT pg_advisory_xact_lock({Id}); SELECT pg_backend_pid(); {HoldNothing}",
                connections.Lock,
                transaction);
            var processId = 0;
            await using (var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
            {
                do
                {
                    while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                        processId = reader.FieldCount == 1 && reader.GetFieldType(0) == typeof(int) ? reader.GetInt32(0) : processId;
                }
                while (await reader.NextResultAsync(cancellation).ConfigureAwait(false));
            }

            return new PostgresLock(connections, transaction, processId);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            var holder = await PostgresConnections.InTransactionAsync(
                connections.Writer, writer => HolderAsync(writer, cancellation), cancellation).ConfigureAwait(false);
            throw new StoreLockedException(
                $"another session holds the encryption lock of {connections.DisplayName}: {holder}",
                "another rotation is running, or PMM is starting; wait for it, or raise --lock-timeout");
        }
        catch
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _released, true))
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
        try
        {
            await _transaction.DisposeAsync().ConfigureAwait(false);    // rolls back, which releases the lock
        }
        catch (Exception e) when (PostgresConnections.IsProviders(e))
        {
            // The connection is gone, and the lock with it.
        }

        _stop.Dispose();
    }

    private static async Task<string> HolderAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"""
             SELECT {PostgresSessions.Description}
             FROM pg_locks l JOIN pg_stat_activity s ON s.pid = l.pid
             WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = {Id} AND l.objsubid = 1 AND l.granted
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
             """,
            connection);
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as string ?? "it has just let go";
    }

    private async Task BeatAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Heartbeat, _stop.Token).ConfigureAwait(false);
                await using var command = new NpgsqlCommand(HoldNothing, _connections.Lock, _transaction);
                await command.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Released.
        }
        catch (Exception e) when (PostgresConnections.IsProviders(e))
        {
            // Lost. The next page asks the server, and hears that the lock is gone.
        }
    }
}
