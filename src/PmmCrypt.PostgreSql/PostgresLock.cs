using System.Data;
using System.Diagnostics;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// What a run holds while it writes: the advisory lock that PMM takes at its start (while it is held, PMM does not start and no second
/// rotation runs), or a share in the sweep of a run that holds it.
/// </summary>
/// <remarks>
/// It is held in a transaction of its own. A session's lock would outlive this client behind a pooler; a transaction's does not, and an
/// idle one at read committed holds no snapshot, so vacuum goes on. A heartbeat keeps middle boxes from dropping the quiet connection, and
/// every page asks the server whether the lock still stands. All else that is taken in it, too, is let go with it.
/// </remarks>
internal sealed class PostgresLock : IAsyncDisposable
{
    /// <summary>
    /// A statement that needs no snapshot. The one of a query lives on in its portal until the next statement, and would keep vacuum from
    /// cleaning up for as long as the rotation runs.
    /// </summary>
    private const string HoldNothing = "SET LOCAL lock_timeout = 0";

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly PostgresConnections _connections;
    private readonly NpgsqlTransaction _transaction;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _beating;
    private bool _released;

    private PostgresLock(PostgresConnections connections, NpgsqlTransaction transaction, string isHeldSql, bool isJoined)
    {
        _connections = connections;
        _transaction = transaction;
        IsHeldSql = isHeldSql;
        IsJoined = isJoined;
        _beating = BeatAsync();
    }

    /// <summary>An SQL condition: whether this very lock still stands.</summary>
    public string IsHeldSql { get; }

    /// <summary>Whether it is a share in another run's sweep.</summary>
    public bool IsJoined { get; }

    /// <summary>Takes the rotation lock.</summary>
    public static async Task<PostgresLock> AcquireAsync(PostgresConnections connections, TimeSpan timeout, CancellationToken cancellation)
    {
        var transaction = await PostgresConnections.BeginAsync(
            connections.Lock, IsolationLevel.ReadCommitted, forWriting: false, cancellation)
            .ConfigureAwait(false);
        try
        {
            var milliseconds = Math.Max(1, (long)timeout.TotalMilliseconds);
            await using var command = new NpgsqlCommand(
                $"SET LOCAL lock_timeout = {milliseconds}; SELECT pg_advisory_xact_lock({AdvisoryLocks.Rotation}); "
                + $"SELECT pg_backend_pid(); {HoldNothing}",
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

            var held = AdvisoryLocks.HeldSql(AdvisoryLocks.Rotation, $"l.pid = {processId}");
            return new PostgresLock(connections, transaction, held, isJoined: false);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            var (holder, isRotation) = await PostgresConnections.InTransactionAsync(
                connections.Writer, writer => HolderAsync(writer, AdvisoryLocks.Rotation, cancellation), cancellation).ConfigureAwait(false);
            throw new StoreLockedException(
                $"another session holds the encryption lock of {connections.DisplayName}: {holder}",
                "another rotation is running, or PMM is starting; wait for it, or raise --lock-timeout")
            {
                IsHeldByRotation = isRotation,
            };
        }
        catch
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes a share in the sweep under a key; null where nobody else has one.</summary>
    public static async Task<PostgresLock?> JoinAsync(PostgresConnections connections, uint keyId, CancellationToken cancellation)
    {
        var (id, open) = (AdvisoryLocks.SweepUnder(keyId), AdvisoryLocks.OpenUnder(keyId));
        var transaction = await PostgresConnections.BeginAsync(
            connections.Lock, IsolationLevel.ReadCommitted, forWriting: false, cancellation).ConfigureAwait(false);
        try
        {
            await using var command = new NpgsqlCommand(
                $"SELECT CASE WHEN pg_try_advisory_xact_lock_shared({id}) THEN pg_backend_pid() END", connections.Lock, transaction);
            if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is int processId)
            {
                // Asked when the own share is taken: from then on the sweep cannot be brought to an end behind the answer. Of those who
                // sweep, and not of those who hold a share to ask as well.
                command.CommandText =
                    $"SELECT CASE WHEN {AdvisoryLocks.HeldSql(open, $"l.pid <> {processId}")}"
                    + $" THEN pg_try_advisory_xact_lock_shared({open}) ELSE false END; {HoldNothing}";
                if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true)
                    return new PostgresLock(connections, transaction, AdvisoryLocks.HeldSql(id, $"l.pid = {processId}"), isJoined: true);
            }

            await transaction.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Lets others join the sweep under a key.</summary>
    public async Task ShareAsync(uint keyId, CancellationToken cancellation) =>
        await AskAsync(
            $"SELECT pg_try_advisory_xact_lock_shared({AdvisoryLocks.SweepUnder(keyId)}),"
            + $" pg_try_advisory_xact_lock_shared({AdvisoryLocks.OpenUnder(keyId)})", cancellation).ConfigureAwait(false);

    /// <summary>Waits until nobody sweeps under the keys, and lets nobody join.</summary>
    public async Task ExcludeAsync(IReadOnlyList<uint> keyIds, TimeSpan timeout, CancellationToken cancellation)
    {
        var since = Stopwatch.GetTimestamp();
        foreach (var keyId in keyIds)
        {
            var id = AdvisoryLocks.SweepUnder(keyId);
            // Tried, and not waited for: a timeout would end the transaction, and with it the rotation lock.
            while (await AskAsync($"SELECT pg_try_advisory_xact_lock({id})", cancellation).ConfigureAwait(false) is not true)
            {
                if (Stopwatch.GetElapsedTime(since) >= timeout)
                {
                    var (holder, _) = await PostgresConnections.InTransactionAsync(
                        _connections.Writer, writer => HolderAsync(writer, id, cancellation), cancellation).ConfigureAwait(false);
                    throw new StoreLockedException(
                        $"another run still sweeps {_connections.DisplayName} under key {keyId}: {holder}",
                        "wait for it, or end it: it loses nothing; then run this again");
                }

                await Task.Delay(Pause, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes one of several parts of a table that no other run has taken; null where each is taken.</summary>
    public async Task<int?> ClaimAsync(uint table, int width, IReadOnlyList<int> parts, CancellationToken cancellation)
    {
        var first = AdvisoryLocks.PartOf(table, width, 0);
        return await AskAsync(
            $"SELECT n FROM unnest(ARRAY[{string.Join(',', parts)}]) n WHERE pg_try_advisory_xact_lock({first} + n) LIMIT 1", cancellation)
            .ConfigureAwait(false) as int?;
    }

    /// <summary>How wide the parts of a table are that other runs have taken; null where none has.</summary>
    public async Task<int?> WidthAsync(uint table, CancellationToken cancellation) =>
        await AskAsync(AdvisoryLocks.WidthSql(table), cancellation).ConfigureAwait(false) as int?;

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
        _turn.Dispose();
    }

    private static async Task<(string Description, bool IsRotation)> HolderAsync(
        NpgsqlConnection connection, long id, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"""
             SELECT {PostgresSessions.Description}, coalesce(s.application_name = '{PostgresConnections.ApplicationName}', false)
             FROM pg_locks l JOIN pg_stat_activity s ON s.pid = l.pid
             WHERE {AdvisoryLocks.IsSql(id)} AND l.granted AND l.pid <> pg_backend_pid()
             """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await reader.ReadAsync(cancellation).ConfigureAwait(false)
            ? (reader.GetString(0), reader.GetBoolean(1))
            : ("it has just let go", true);
    }

    /// <summary>Runs a query of one value in the lock's transaction.</summary>
    private async Task<object?> AskAsync(string sql, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var command = new NpgsqlCommand($"{sql}; {HoldNothing}", _connections.Lock, _transaction);
            return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task BeatAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Heartbeat, _stop.Token).ConfigureAwait(false);
                await AskAsync("SELECT", _stop.Token).ConfigureAwait(false);
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
