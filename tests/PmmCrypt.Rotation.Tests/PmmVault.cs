using Microsoft.Data.Sqlite;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Pmm;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Sqlite;
using PmmCrypt.Testing;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A database file with PMM's tables, in the clear, and a place for a key file.</summary>
internal sealed class PmmVault : IDisposable
{
    private readonly TempFolder _folder = new();

    public PmmVault(string settings = """{"metrics_resolutions": {"hr": 5000000000}}""", string agentColumns = "valkey_options TEXT, ")
    {
        Execute(
            "CREATE TABLE agents (agent_id TEXT NOT NULL PRIMARY KEY, username TEXT, password TEXT, "
            + $"mysql_options TEXT, {agentColumns}updated_at TEXT)");
        Execute("CREATE TABLE backup_locations (id TEXT NOT NULL PRIMARY KEY, s3_config TEXT)");
        Execute("CREATE TABLE settings (settings TEXT)");
        if (settings.Length > 0)
            Execute("INSERT INTO settings VALUES ($1)", settings);
        Execute("INSERT INTO backup_locations VALUES ('l', '{\"access_key\": \"AKIA\", \"secret_key\": \"s3 secret\"}')");
        foreach (var id in new[] { "a", "b", "c" })
        {
            Execute(
                "INSERT INTO agents (agent_id, username, password, mysql_options, updated_at) VALUES ($1, 'user', 'password', $2, 'then')",
                id, """{"tls_key": "key", "table_count": 7}""");
        }
    }

    public string KeyPath => _folder["pmm.key"];

    public async Task<WatchedStore> OpenAsync() => new(await SqliteRotationStore.OpenAsync(
        _folder["pmm.db"], new SqliteStoreOptions { Database = "pmm-managed", BusyTimeout = Vault.Moment }, default));

    public async Task<(RotationReport Report, StoredFormat Format)> InitAsync(
        RotationOptions? options = null, Action<WatchedStore>? watch = null)
    {
        await using var store = await OpenAsync();
        watch?.Invoke(store);
        return await Engine(store).InitializeAsync(options ?? Vault.Patient, default);
    }

    public RotationEngine Engine(IRotationStore store, IRotationObserver? observer = null) =>
        new(store, PmmModel.Instance, new KeyFileLocation(KeyPath, []), observer ?? new Silence(), TimeProvider.System);

    public FieldCipher Cipher() => new(KeyFile.Load(KeyPath).Keyset, StoredFormat.Legacy);

    public string? Scalar(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() as string;
    }

    public void Execute(string sql, params object[] parameters)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < parameters.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", parameters[i]);
        command.ExecuteNonQuery();
    }

    public void Dispose() => _folder.Dispose();

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={_folder["pmm.db"]};Pooling=False");
        connection.Open();
        return connection;
    }
}
