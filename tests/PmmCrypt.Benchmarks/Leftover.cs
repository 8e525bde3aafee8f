using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>Brings some rows back to what they held before a rotation, as if it had been stopped before it came to them.</summary>
internal static class Leftover
{
    private static readonly string[] Columns =
    [
        "username", "password", "agent_password", "aws_options", "azure_options", "mongo_options", "mysql_options", "postgresql_options",
    ];

    /// <summary>Keeps one row of a hundred, spread over the table.</summary>
    public static Task KeepAsync(PostgresDatabase database, int rows) => database.ExecuteAsync(
        $"""
        DROP TABLE IF EXISTS kept;
        CREATE TABLE kept AS SELECT agent_id, {string.Join(", ", Columns)}
          FROM (SELECT a.*, row_number() OVER (ORDER BY agent_id) AS n FROM agents a) a WHERE n % {Math.Min(100, rows)} = 0
        """);

    /// <summary>Puts them back.</summary>
    public static Task PutBackAsync(PostgresDatabase database) => database.ExecuteAsync(
        $"""
        UPDATE agents a SET {string.Join(", ", Columns.Select(column => $"{column} = k.{column}"))} FROM kept k WHERE k.agent_id = a.agent_id;
        DROP TABLE kept
        """);
}
