using Npgsql;

namespace PmmCrypt.Testing;

/// <summary>A PostgreSQL server that tests may use: the one that tests/run.sh started, or a <see cref="PrivateCluster"/>.</summary>
public sealed class PostgresServer
{
    /// <summary>Holds the Npgsql connection string of a superuser to database postgres.</summary>
    public const string ConnectionVariable = "PMMCRYPT_TEST_POSTGRES";

    internal PostgresServer(string connectionString) => ConnectionString = connectionString;

    /// <summary>The superuser's connection to database postgres.</summary>
    public string ConnectionString { get; }

    /// <summary>The test run's server. Where there is none, the calling test is skipped on a laptop and fails in CI.</summary>
    public static PostgresServer Require() => new(TestMachine.Require(ConnectionVariable, "A PostgreSQL server is"));

    /// <summary>
    /// An empty database, or the copy of one that nobody is connected to; dropped on dispose. Without a name it gets one that no other
    /// test has.
    /// </summary>
    public async Task<PostgresDatabase> CreateDatabaseAsync(string? name = null, string? template = null)
    {
        name ??= $"test_{Guid.NewGuid():N}";
        await ExecuteAsync($"CREATE DATABASE {Quote(name)}{(template is null ? "" : $" TEMPLATE {Quote(template)}")}");
        return new PostgresDatabase(this, name);
    }

    /// <summary>The superuser's connection to a database that may be another server's copy, as a user writes it.</summary>
    public string ConnectionStringTo(string database) =>
        new NpgsqlConnectionStringBuilder(ConnectionString) { Database = database }.ConnectionString;

    /// <summary>Runs statements as the superuser in database postgres.</summary>
    public async Task ExecuteAsync(string sql)
    {
        // Unpooled: an idle session of ours in pg_stat_activity would be one that the tool has to take for a service.
        await using var connection = new NpgsqlConnection(Unpooled(ConnectionString));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    internal static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    internal static string Unpooled(string connectionString, string? database = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            CommandTimeout = 300,
            GssEncryptionMode = GssEncryptionMode.Disable,      // to look for Kerberos credentials takes longer than all the rest
        };
        if (database is not null) builder.Database = database;
        return builder.ConnectionString;
    }
}
