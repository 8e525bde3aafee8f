using System.Diagnostics;
using Npgsql;

namespace PmmCrypt.PostgreSql;

/// <summary>Replicas that have not replayed yet what is committed here.</summary>
internal static class PostgresReplicas
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Standbys that are connected, by what they have replayed (a receiver that only stores the log: by what it has flushed), and slots,
    /// connected or not, by what they have confirmed. A base backup under way is neither. What lags and is invisible to the role counts as
    /// lagging: nothing proves that it does not.
    /// </summary>
    private const string Lagging =
        """
        SELECT 'standby ' || coalesce(nullif(r.application_name, ''), 'of process ' || r.pid)
          || CASE WHEN r.state IS NULL THEN ' (how far it is, this role may not see: GRANT pg_monitor TO ' || quote_ident(current_user) || ')'
                  ELSE ' (' || pg_size_pretty(pg_wal_lsn_diff($1, coalesce(r.replay_lsn, r.flush_lsn, '0/0'))) || ' behind)' END
        FROM pg_stat_replication r
        WHERE r.state IS DISTINCT FROM 'backup' AND coalesce(r.replay_lsn, r.flush_lsn, '0/0') < $1
        UNION ALL
        SELECT 'replication slot ' || s.slot_name || CASE WHEN s.active THEN '' ELSE ', which nobody reads' END
          || ' (' || pg_size_pretty(pg_wal_lsn_diff($1, coalesce(s.confirmed_flush_lsn, s.restart_lsn))) || ' behind)'
        FROM pg_replication_slots s
        WHERE (s.database IS NULL OR s.database = current_database()) AND s.wal_status IS DISTINCT FROM 'lost'
          AND coalesce(s.confirmed_flush_lsn, s.restart_lsn) < $1
        """;

    public static async Task<IReadOnlyList<string>> LaggingAsync(
        NpgsqlConnection connection, TimeSpan timeout, CancellationToken cancellation)
    {
        await PostgresLog.FlushAsync(connection, cancellation).ConfigureAwait(false);
        await using var position = new NpgsqlCommand("SELECT pg_current_wal_flush_lsn()", connection);
        var committed = await position.ExecuteScalarAsync(cancellation).ConfigureAwait(false)
            ?? throw new InvalidOperationException("The server is in recovery, and would have refused to be written.");
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var lagging = new List<string>();
            await using (var command = new NpgsqlCommand(Lagging, connection) { Parameters = { Lsn(committed) } })
            await using (var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                    lagging.Add(reader.GetString(0));
            }

            if (lagging.Count == 0 || waited.Elapsed >= timeout)
                return lagging;
            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    private static NpgsqlParameter Lsn(object position) => new() { Value = position, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.PgLsn };
}
