using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Who else is connected to the database.</summary>
internal static class PostgresSessions
{
    /// <summary>
    /// A session <c>s</c> of pg_stat_activity in words. An ordinary role sees of others' sessions little more than that they are there.
    /// </summary>
    public const string Description =
        """
        'process ' || s.pid || ', role ' || coalesce(s.usename, '?') || coalesce(', ' || nullif(s.application_name, ''), '')
          || coalesce(' from ' || host(s.client_addr), '') || coalesce(', since ' || to_char(s.backend_start, 'YYYY-MM-DD HH24:MI:SS'), '')
        """;

    public static async Task<IReadOnlyList<StoreSession>> ListAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        // No filter on the columns that an ordinary role sees as NULL: it would find nobody. What has a role is a client, or works for one.
        await using var command = new NpgsqlCommand(
            $"""
             SELECT {Description}
             FROM pg_stat_activity s
             WHERE s.datname = current_database() AND s.usesysid IS NOT NULL AND s.pid <> pg_backend_pid()
               AND s.application_name IS DISTINCT FROM '{PostgresConnections.ApplicationName}'
               AND NOT EXISTS (SELECT FROM pg_stat_activity o
                               WHERE o.pid = s.leader_pid AND o.application_name = '{PostgresConnections.ApplicationName}')
             ORDER BY s.pid
             """,
            connection);
        var sessions = new List<StoreSession>();
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            sessions.Add(new StoreSession(reader.GetString(0)));
        return sessions;
    }
}
