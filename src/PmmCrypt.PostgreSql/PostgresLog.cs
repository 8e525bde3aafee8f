using System.Data;
using Npgsql;

namespace PmmCrypt.PostgreSql;

/// <summary>The server's write-ahead log.</summary>
internal static class PostgresLog
{
    /// <summary>
    /// Makes durable what others committed without waiting for the disk: a crash must not bring back a value that a count has seen
    /// replaced. The commit of a record of one's own, synchronous, flushes the log up to it.
    /// </summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="cancellation">Stops the wait.</param>
    public static async Task FlushAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var transaction = await PostgresConnections.BeginAsync(
            connection, IsolationLevel.ReadCommitted, forWriting: true, cancellation).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("SELECT pg_logical_emit_message(true, 'pmm-crypt', '')", connection, transaction);
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }
}
