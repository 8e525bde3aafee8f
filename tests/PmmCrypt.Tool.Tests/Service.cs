using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Secrets;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>
/// A service's database and key file in a folder of their own: PMM's tables in SQLite, filled and sealed by hand.
/// </summary>
internal sealed class Service : IDisposable
{
    /// <summary>Stands in every plaintext: no output may hold it.</summary>
    public const string Marker = SecretSearch.SeededMarker;

    private const string Schema =
        """
        CREATE TABLE agents (
          agent_id TEXT NOT NULL PRIMARY KEY, agent_type TEXT NOT NULL, username TEXT, password TEXT, agent_password TEXT, aws_options TEXT,
          azure_options TEXT, mongo_options TEXT, mysql_options TEXT, postgresql_options TEXT, valkey_options TEXT,
          updated_at TEXT NOT NULL);
        CREATE TABLE backup_locations (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, s3_config TEXT);
        CREATE TABLE settings (settings TEXT);
        """;

    private readonly TempFolder _folder = new();
    private readonly int _agents;

    private Service(int agents) => _agents = agents;

    public string Folder => _folder.Path;

    public string Database => _folder["pmm.db"];

    public string Connection => $"sqlite:{Database}";

    public string KeyFile => _folder["pmm.key"];

    public HandKeyset Keys => HandKeyset.Load(KeyFile);

    public string this[string name] => _folder[name];

    /// <summary>The user that the tool is run as; null for the one that the tests are run as.</summary>
    public string? User { get; set; }

    /// <summary>Nothing is encrypted, and there is no key file.</summary>
    public static Service InTheClear(int agents = 3)
    {
        var service = new Service(agents);
        service.Write(plaintext => plaintext, """{"metrics_resolutions": {"hr": 5000000000}}""");
        return service;
    }

    /// <summary>As PMM 3 leaves it: everything it encrypts is encrypted, under the one key of the key file.</summary>
    public static Service Encrypted(int agents = 3)
    {
        var service = new Service(agents);
        var keys = HandKeyset.Generate();
        keys.Save(service.KeyFile);
        string[] columns =
        [
            "username", "password", "agent_password", "aws_options", "azure_options", "mongo_options", "mysql_options",
            "postgresql_options",
        ];
        var items = columns.Select(column => $"\"pmm.agents.{column}\"");
        service.Write(plaintext => keys.Seal(plaintext), $$"""{"encrypted_items": [{{string.Join(", ", items)}}]}""");
        return service;
    }

    /// <summary>Runs a verb on this database with this key file.</summary>
    public Task<ToolResult> RunAsync(params string[] arguments) =>
        RunBareAsync([.. arguments, "--connection", Connection, "--key-file", KeyFile]);

    /// <summary>Runs the tool with these arguments alone.</summary>
    public Task<ToolResult> RunBareAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null, string? input = null) =>
        PmmCryptProgram.RunAsync(arguments, environment, input, User);

    /// <summary>Starts a verb that the test will signal.</summary>
    public CliProcess Start(params string[] arguments) =>
        PmmCryptProgram.Start([.. arguments, "--connection", Connection, "--key-file", KeyFile]);

    /// <summary>Opens every value by hand, under the primary key of the key file, and compares it with what was put in.</summary>
    public void RequireAllUnderPrimary() => RequireAll(Keys, (keys, stored) => keys.OpenPrimary(stored));

    /// <summary>Opens every value by hand with these keys, as a service that has loaded them.</summary>
    public void RequireAllOpen(HandKeyset keys) => RequireAll(keys, (with, stored) => with.Open(stored).Plaintext);

    /// <summary>Opens every value by hand, under whichever key of the key file, and compares it with what was put in.</summary>
    public void RequireAllOpen() => RequireAll(Keys, (keys, stored) => keys.Open(stored).Plaintext);

    /// <summary>Flips the last bit of a stored value: it has the shape of a ciphertext and does not authenticate.</summary>
    public void Damage(string agentId, string column)
    {
        var value = Convert.FromBase64String((string)Scalar($"SELECT {column} FROM agents WHERE agent_id = '{agentId}'")!);
        value[^1] ^= 1;
        Execute($"UPDATE agents SET {column} = '{Convert.ToBase64String(value)}' WHERE agent_id = '{agentId}'");
    }

    /// <summary>The password of an agent as it is stored.</summary>
    public string StoredPassword(int agent) => (string)Scalar($"SELECT password FROM agents WHERE agent_id = '{agent:000000}'")!;

    /// <summary>Stores a password as a service does, under whatever key it has.</summary>
    public void StorePassword(int agent, string stored) =>
        Execute($"UPDATE agents SET password = '{stored}' WHERE agent_id = '{agent:000000}'");

    /// <summary>Remembers the usernames as they are stored, for <see cref="Rewritten"/>.</summary>
    public void Remember() => Execute("CREATE TABLE before AS SELECT agent_id, username FROM agents");

    /// <summary>How many rows are no longer as they were remembered.</summary>
    public long Rewritten() => (long)Scalar("SELECT count(*) FROM agents a JOIN before b USING (agent_id) WHERE a.username <> b.username")!;

    /// <summary>Runs statements on the database.</summary>
    public void Execute(string sql) => _ = Scalar(sql);

    public object? Scalar(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>What the runs have left but the database and the key files is searched as what they have said is.</summary>
    public void Dispose()
    {
        try
        {
            SecretSearch.OfSeededAndKeyFilesIn(Folder).RequireNoneBelow(
                Folder, file => KeyFiles.IsOne(file) || file.StartsWith(Database, StringComparison.Ordinal));
        }
        finally
        {
            _folder.Dispose();
        }
    }

    private void RequireAll(HandKeyset keys, Func<HandKeyset, string, string> open)
    {
        var read = 0;
        foreach (var (i, username, password, options) in Stored())
        {
            Assert.Equal(Username(i), open(keys, username));
            Assert.Equal(Password(i), open(keys, password));
            Assert.Equal(TlsKey(i), open(keys, (string)options["tls_key"]!));
            options.Remove("tls_key");
            Assert.Equal($$"""{"tls_ca":"authority","future":[1.50,null],"table_count":{{i}}}""", options.ToJsonString());
            read++;
        }
        Assert.Equal(_agents, read);
        Assert.Equal(0L, Scalar("SELECT count(*) FROM agents WHERE updated_at <> 'then'"));
    }

    private static string Username(int i) => $"{Marker}-user-{i}";

    public static string Password(int i) => $"{Marker}-пароль-{i}";

    private static string TlsKey(int i) => $"{Marker}\n-key-{i}";

    private List<(int I, string Username, string Password, JsonObject Options)> Stored()
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT agent_id, username, password, mysql_options FROM agents";
        using var reader = command.ExecuteReader();
        var rows = new List<(int, string, string, JsonObject)>();
        while (reader.Read())
        {
            var i = int.Parse(reader.GetString(0), CultureInfo.InvariantCulture);
            rows.Add((i, reader.GetString(1), reader.GetString(2), JsonNode.Parse(reader.GetString(3))!.AsObject()));
        }
        return rows;
    }

    private void Write(Func<string, string> seal, string settings)
    {
        using var connection = Open();
        // Beside a rotation, a test reads: only with a write-ahead log neither waits for the other.
        Execute(connection, "PRAGMA journal_mode = WAL");
        using var transaction = connection.BeginTransaction();
        Execute(connection, Schema);
        Execute(connection, "INSERT INTO settings VALUES ($p0)", settings);
        for (var i = 0; i < _agents; i++)
        {
            var key = JsonValue.Create(seal(TlsKey(i))).ToJsonString();
            var options = $$"""{"tls_ca":"authority","tls_key":{{key}},"future":[1.50,null],"table_count":{{i}}}""";
            Execute(
                connection,
                "INSERT INTO agents (agent_id, agent_type, username, password, mysql_options, updated_at) " +
                "VALUES ($p0, 'mysqld_exporter', $p1, $p2, $p3, 'then')",
                i.ToString("D6", CultureInfo.InvariantCulture),
                seal(Username(i)),
                seal(Password(i)),
                options);
        }
        transaction.Commit();
    }

    private static void Execute(SqliteConnection connection, string sql, params string[] parameters)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < parameters.Length; i++) command.Parameters.AddWithValue($"$p{i}", parameters[i]);
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        return connection;
    }
}
