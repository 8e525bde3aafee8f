using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;

namespace PmmCrypt.Tool.Demo;

/// <summary>An SQLite file with PMM's tables, full of invented credentials in the clear.</summary>
internal sealed class DemoDatabase(string path)
{
    /// <summary>The agent whose stored values the demo shows.</summary>
    public const string ShownAgent = "agent-0001";

    private const string Schema =
        """
        CREATE TABLE agents (
          agent_id TEXT NOT NULL PRIMARY KEY, agent_type TEXT NOT NULL, username TEXT CHECK (username <> ''), password TEXT CHECK (password <> ''),
          agent_password TEXT CHECK (agent_password <> ''), aws_options TEXT, azure_options TEXT, mongo_options TEXT, mysql_options TEXT,
          postgresql_options TEXT, valkey_options TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
        CREATE TABLE backup_locations (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, s3_config TEXT);
        CREATE TABLE settings (settings TEXT);
        INSERT INTO settings VALUES ('{"metrics_resolutions": {"hr": 5000000000}}');
        """;

    public string Path { get; } = path;

    /// <summary>Makes the file.</summary>
    public void Create(int agents)
    {
        using var connection = Open(SqliteOpenMode.ReadWriteCreate);
        using var transaction = connection.BeginTransaction();
        Execute(connection, Schema);
        for (var i = 1; i <= agents; i++)
            InsertAgent(connection, i);
        Execute(
            connection,
            "INSERT INTO backup_locations VALUES ($id, $name, $config)",
            ("$id", "location-0001"),
            ("$name", "nightly"),
            ("$config", new JsonObject
            {
                ["endpoint"] = "https://s3.example.com",
                ["access_key"] = "AKIA" + Invent(16),
                ["secret_key"] = Invent(40),
                ["bucket_name"] = "backups",
            }.ToJsonString()));
        transaction.Commit();
    }

    /// <summary>A column of an agent, as it is stored.</summary>
    public string Stored(string agentId, string column)
    {
        using var connection = Open(SqliteOpenMode.ReadOnly);
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {column} FROM agents WHERE agent_id = $id";
        command.Parameters.AddWithValue("$id", agentId);
        return (string)command.ExecuteScalar()!;
    }

    private static void InsertAgent(SqliteConnection connection, int i)
    {
        var (type, column, options) = (i % 3) switch
        {
            0 => ("postgres_exporter", "postgresql_options",
                new JsonObject { ["ssl_ca"] = "", ["ssl_cert"] = Pem("CERTIFICATE"), ["ssl_key"] = Pem("PRIVATE KEY") }),
            1 => ("mysqld_exporter", "mysql_options",
                new JsonObject { ["tls_cert"] = Pem("CERTIFICATE"), ["tls_key"] = Pem("PRIVATE KEY"), ["table_count"] = 1000 }),
            _ => ("rds_exporter", "aws_options",
                new JsonObject { ["aws_access_key"] = "AKIA" + Invent(16), ["aws_secret_key"] = Invent(40) }),
        };
        var now = DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture);
        Execute(
            connection,
            $"INSERT INTO agents (agent_id, agent_type, username, password, {column}, created_at, updated_at) "
            + "VALUES ($id, $type, $user, $password, $options, $now, $now)",
            ("$id", string.Create(CultureInfo.InvariantCulture, $"agent-{i:D4}")),
            ("$type", type),
            ("$user", $"monitor-{i}"),
            ("$password", Invent(20)),
            ("$options", options.ToJsonString()),
            ("$now", now));
    }

    private static void Execute(SqliteConnection connection, string sql, params (string Name, string Value)[] parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        command.ExecuteNonQuery();
    }

    private static string Invent(int length) =>
        RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", length);

    private static string Pem(string label)
    {
        var text = new StringBuilder($"-----BEGIN {label}-----\n");
        for (var line = 0; line < 12; line++)
            text.Append(Invent(64)).Append('\n');
        return text.Append("-----END ").Append(label).Append("-----\n").ToString();
    }

    private SqliteConnection Open(SqliteOpenMode mode)
    {
        var target = new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = false };
        var connection = new SqliteConnection(target.ConnectionString);
        connection.Open();
        return connection;
    }
}
