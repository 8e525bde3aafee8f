using System.Diagnostics;
using Npgsql;

namespace PmmCrypt.Benchmarks;

/// <summary>What no rotation can be cheaper than, measured on the same rows: machines differ in seconds, hardly in ratios.</summary>
internal static class Yardsticks
{
    public const string Rewrite = "W (rewrite)";
    public const string Read = "R (read)";

    private static readonly string[] Text = ["username", "password", "agent_password"];
    private static readonly string[] Json = ["aws_options", "azure_options", "mongo_options", "mysql_options", "postgresql_options"];

    /// <summary>The server writes every encrypted column anew, by itself and all at once: new tuples, new TOAST, WAL, indexes.</summary>
    public static async Task<Measurement> RewriteAsync(string connectionString, CancellationToken cancellation)
    {
        var set = Text.Select(column => $"{column} = {column} || ''").Concat(Json.Select(column => $"{column} = {column} || '{{}}'"));
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellation);
        await using var command = new NpgsqlCommand($"UPDATE agents SET {string.Join(", ", set)}", connection) { CommandTimeout = 0 };
        var watch = Stopwatch.StartNew();
        await command.ExecuteNonQueryAsync(cancellation);
        return new Measurement(Rewrite, watch.Elapsed.TotalSeconds);
    }

    /// <summary>A client reads every encrypted column through Npgsql and does nothing with it.</summary>
    public static async Task<Measurement> ReadAsync(string connectionString, CancellationToken cancellation)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(cancellation);
        var sql = $"SELECT agent_id, {string.Join(", ", Text.Concat(Json))} FROM agents";
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        var watch = Stopwatch.StartNew();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            for (var column = 0; column < reader.FieldCount; column++)
                if (!reader.IsDBNull(column)) _ = reader.GetString(column);
        return new Measurement(Read, watch.Elapsed.TotalSeconds);
    }
}
