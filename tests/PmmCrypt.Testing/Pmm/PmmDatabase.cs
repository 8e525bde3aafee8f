using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Npgsql;

namespace PmmCrypt.Testing.Pmm;

/// <summary>A PMM database with invented credentials, which afterwards tells whether each value of it is still right.</summary>
public sealed class PmmDatabase : IAsyncDisposable
{
    private const string Surroundings = """
        SELECT md5(string_agg(row, ' ' ORDER BY row)) FROM (
          SELECT n::text AS row FROM nodes n
          UNION ALL SELECT s::text FROM services s
          UNION ALL SELECT m::text FROM schema_migrations m) AS surroundings
        """;

    private readonly PostgresServer _server;
    private readonly PmmSeed _seed;
    private readonly ConcurrentDictionary<int, Action<JsonObject>> _written = new();
    private string? _surroundings;

    private PmmDatabase(PostgresServer server, PmmSeed seed, PostgresDatabase database)
    {
        _server = server;
        _seed = seed;
        Database = database;
        Rows = new PmmRows(seed);
    }

    /// <summary>The database that holds the tables.</summary>
    public PostgresDatabase Database { get; }

    /// <summary>The superuser's connection to it, unpooled.</summary>
    public string ConnectionString => Database.ConnectionString;

    /// <summary>The rows in the clear, as seeded.</summary>
    public PmmRows Rows { get; }

    /// <summary>Makes a database with PMM's tables and fills them; it is dropped on dispose.</summary>
    public static async Task<PmmDatabase> CreateAsync(PostgresServer server, PmmSeed seed, CancellationToken cancellation = default)
    {
        var pmm = new PmmDatabase(server, seed, await server.CreateDatabaseAsync(seed.DatabaseName));
        try
        {
            await using var connection = await pmm.Database.OpenAsync();
            await new PmmWriter(pmm.Rows, new PmmStoredRows(seed, pmm.Rows, pmm.Database.Name)).WriteAsync(connection, cancellation);
            pmm._surroundings = await pmm.Database.ScalarAsync<string>(Surroundings);
            return pmm;
        }
        catch
        {
            await pmm.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A database like this one, under a name of its own (which its settings have then), while nobody is connected to this one. What was
    /// said by <see cref="Expect"/> of this one is not said of the copy.
    /// </summary>
    public async Task<PmmDatabase> CopyAsync()
    {
        var copy = new PmmDatabase(_server, _seed, await _server.CreateDatabaseAsync(template: Database.Name))
        {
            _surroundings = _surroundings,
        };
        await copy.Database.ExecuteAsync(
            "UPDATE settings SET settings = replace(settings::text, $1, $2)::jsonb", $"\"{Database.Name}.", $"\"{copy.Database.Name}.");
        return copy;
    }

    /// <summary>
    /// Says that the test itself changed agent i: the check then expects what <paramref name="change"/> does to the row in the clear.
    /// Saying it again for the same agent replaces what was said before.
    /// </summary>
    public void Expect(int i, Action<JsonObject> change) => _written[i] = change;

    /// <summary>
    /// Reads every row again and compares every plaintext, every other column (updated_at too) and every JSON member with the seed.
    /// </summary>
    /// <param name="open">Opens a stored value; throws where it does not open.</param>
    /// <param name="storage">How the secrets must be stored by now. Default: as they were seeded.</param>
    /// <param name="at">The server to look at; else the one that it was seeded on.</param>
    public Task<PmmCheck> CheckAsync(Func<string, string> open, PmmStorage? storage = null, PostgresServer? at = null) =>
        CheckAsync((stored, _) => open(stored), storage, at);

    /// <summary>The same, where opening depends on the field: <c>agents.password</c>, <c>agents.mysql_options.tls_key</c>.</summary>
    public async Task<PmmCheck> CheckAsync(Func<string, string, string> open, PmmStorage? storage = null, PostgresServer? at = null)
    {
        var comparison = new PmmComparison(open, storage ?? _seed.Storage);
        var database = at is null ? Database : new PostgresDatabase(at, Database.Name);
        await using var connection = await database.OpenAsync();
        // One snapshot: a check beside a writer must not see half of what it did.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        var agents = await TableAsync(connection, "agents", "agent_id", Ids(Rows.Agents, Rows.AgentId), comparison, CompareAgent);
        var locations = await TableAsync(
            connection, "backup_locations", "id", Ids(Rows.Locations, Rows.LocationId), comparison, CompareLocation);
        var settings = await RowsAsync(connection, "SELECT settings::text FROM settings").ToListAsync();
        if (settings is [var only]) comparison.Settings(PmmStoredRows.OtherSettings(), only, Database.Name);
        else comparison.Differs("settings", $"{settings.Count} rows");
        if (await database.ScalarAsync<string>(Surroundings) != _surroundings)
            comparison.Differs("nodes, services, schema_migrations", "have changed");
        return comparison.Result(agents, locations);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private JsonObject Expected(int i)
    {
        var row = Rows.Agent(i);
        if (_written.TryGetValue(i, out var change)) change(row);
        return row;
    }

    private static Dictionary<string, int> Ids(int count, Func<int, string> id) => Enumerable.Range(0, count).ToDictionary(id);

    private void CompareAgent(PmmComparison comparison, string id, int i, JsonObject row)
    {
        var stringColumn = Rows.HasOptionsAsString(i) ? "azure_options" : null;
        comparison.Row("agents", id, Expected(i), row, PmmFields.Agents, _seed.Quirks && PmmRows.IsPmmAgent(i), stringColumn);
    }

    private void CompareLocation(PmmComparison comparison, string id, int i, JsonObject row) =>
        comparison.Row("backup_locations", id, Rows.Location(i), row, PmmFields.Locations);

    private static async Task<int> TableAsync(
        NpgsqlConnection connection,
        string table,
        string key,
        Dictionary<string, int> missing,
        PmmComparison comparison,
        Action<PmmComparison, string, int, JsonObject> compare)
    {
        var read = 0;
        await foreach (var row in RowsAsync(connection, $"SELECT to_jsonb(t)::text FROM {table} t"))
        {
            read++;
            var id = row[key]!.GetValue<string>();
            if (missing.Remove(id, out var i)) compare(comparison, id, i, row);
            else comparison.Differs($"{table} {id}", "is a new row");
        }
        foreach (var id in missing.Keys) comparison.Differs($"{table} {id}", "is missing");
        return read;
    }

    private static async IAsyncEnumerable<JsonObject> RowsAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) yield return JsonNode.Parse(reader.GetString(0))!.AsObject();
    }
}
