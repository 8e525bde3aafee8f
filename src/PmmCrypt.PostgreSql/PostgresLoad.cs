using System.Data;
using System.Diagnostics;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>How busy a server is, as an ordinary role sees it.</summary>
internal static class PostgresLoad
{
    /// <summary>
    /// Sessions that wait for an advisory lock are left out: they wait for an application, or for this run to end. How far a standby is,
    /// a role without pg_monitor sees by its slot, where it has one that is in use; a slot that nobody reads would be behind for ever.
    /// </summary>
    private const string Query =
        """
        WITH behind AS (
          SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(r.replay_lsn, r.flush_lsn)) AS bytes
          FROM pg_stat_replication r WHERE r.state IS DISTINCT FROM 'backup'
          UNION ALL
          SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(s.confirmed_flush_lsn, s.restart_lsn))
          FROM pg_replication_slots s WHERE s.active)
        SELECT
          (SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
           WHERE NOT l.granted AND l.locktype <> 'advisory' AND a.datname = current_database() AND l.pid <> pg_backend_pid()),
          (SELECT CASE count(*) WHEN 0 THEN 0 ELSE max(bytes) END FROM behind)::bigint,
          pg_logical_emit_message(true, 'pmm-crypt', '')
        """;

    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<StoreLoad> MeasureAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation)
            .ConfigureAwait(false);
        int waiting;
        long? lag;
        // The pages do not wait for the disk when they are committed; a message in the log is something to wait for, as others have to.
        await using (var reader = await PostgresConnections.ExecuteAsync(
            transaction, forWriting: true, CommandBehavior.Default, [new NpgsqlBatchCommand(Query)], cancellation).ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            waiting = (int)reader.GetInt64(0);
            lag = await reader.IsDBNullAsync(1, cancellation).ConfigureAwait(false) ? null : reader.GetInt64(1);
        }

        var since = Stopwatch.GetTimestamp();
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return new StoreLoad(waiting, lag, Stopwatch.GetElapsedTime(since));
    }
}
