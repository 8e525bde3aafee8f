using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;

namespace PmmCrypt.Testing.Pmm.Layouts;

/// <summary>
/// A small PMM database of any of PMM's layouts, in the clear, which afterwards tells whether each value of it is still right, and whether
/// anything else has changed.
/// </summary>
public sealed class PmmLayoutDatabase : IAsyncDisposable
{
    private readonly PmmLayout _layout;
    private Dictionary<string, JsonArray> _seeded = [];

    private PmmLayoutDatabase(PmmLayout layout, PostgresDatabase database) => (_layout, Database) = (layout, database);

    /// <summary>The database that holds the tables.</summary>
    public PostgresDatabase Database { get; }

    /// <summary>Makes the tables of a layout and fills them.</summary>
    /// <param name="server">Where.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="withMySqlTls">Whether the MySQL agent has TLS material, over which PMM's own upgrade from PMM 2 fails.</param>
    public static async Task<PmmLayoutDatabase> CreateAsync(PostgresServer server, PmmLayout layout, bool withMySqlTls = true)
    {
        var pmm = new PmmLayoutDatabase(layout, await server.CreateDatabaseAsync());
        try
        {
            await pmm.FillAsync(new PmmLayoutRows(layout, withMySqlTls));
            pmm._seeded = await pmm.ReadAsync();
            return pmm;
        }
        catch
        {
            await pmm.DisposeAsync();
            throw;
        }
    }

    /// <summary>Brings a database between PMM 2 and PMM 3 to the newest layout, as PMM does at its first start.</summary>
    public Task UpgradeAsync() => Database.ExecuteAsync(PmmLayoutSchema.UpgradeFromPmm2);

    /// <summary>
    /// Fails where a value that is to be encrypted does not open to what was seeded, one that is not to be is not in the clear, or anything
    /// else has changed. Returns how many values were opened.
    /// </summary>
    /// <param name="open">Opens a stored value; throws where it does not open.</param>
    /// <param name="storage">How the secrets must be stored.</param>
    public async Task<int> CheckAsync(Func<string, string> open, PmmStorage storage)
    {
        var opened = 0;
        foreach (var (table, rows) in await ReadAsync())
        {
            foreach (var row in rows.Select(row => row!.AsObject()))
            {
                foreach (var secret in PmmLayoutSecrets.In(table, row).Where(secret => secret.IsEncrypted(storage)))
                {
                    secret.Replace(open(secret.Stored));
                    opened++;
                }
            }

            if (!JsonNode.DeepEquals(_seeded[table], rows))
                throw new InvalidOperationException(
                    $"{table} is not as it was seeded: {rows.ToJsonString()} and not {_seeded[table].ToJsonString()}");
        }

        return opened;
    }

    /// <summary>The member of the settings that lists what is encrypted, in its order.</summary>
    public async Task<string[]> ListedAsync() =>
        await Database.ScalarAsync<string[]>(
            "SELECT array_agg(item ORDER BY n) FROM settings, "
            + "jsonb_array_elements_text(settings->'encrypted_items') WITH ORDINALITY i(item, n)")
        ?? [];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private async Task FillAsync(PmmLayoutRows rows)
    {
        await Database.ExecuteAsync(PmmLayoutSchema.Of(_layout));
        await Database.ExecuteAsync($$"""
            UPDATE settings SET settings = '{"data_retention": 2592000000000000, "sub": {"x": [1.50] } }';
            INSERT INTO nodes (node_id, node_type, node_name, distro, node_model, az, address, created_at, updated_at)
              VALUES ('pmm-server', 'generic', 'pmm-server', '', '', '', '127.0.0.1', '{{PmmRows.Stamp}}', '{{PmmRows.Stamp}}');
            INSERT INTO services (service_id, service_type, service_name, node_id, environment, cluster, replication_set, address, port,
                external_group, created_at, updated_at)
              VALUES ('{{rows.ServiceId}}', 'mysql', 'service-1', 'pmm-server', '', '', '', '127.0.0.1', 3306, '',
                '{{PmmRows.Stamp}}', '{{PmmRows.Stamp}}');
            """);
        foreach (var table in PmmLayoutSecrets.Tables)
        {
            foreach (var row in rows.Of(table))
                await InsertAsync(table, row);
        }
    }

    private async Task InsertAsync(string table, JsonObject row)
    {
        await using var connection = await Database.OpenAsync();
        await using var command = connection.CreateCommand();
        // An id that the table makes itself is not ours to give.
        command.CommandText = table == "adre_models"
            ? "INSERT INTO adre_models (name, litellm_model, api_base, api_key) "
                + "SELECT r.name, r.litellm_model, r.api_base, r.api_key FROM jsonb_populate_record(NULL::adre_models, $1) r"
            : $"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, $1)).*";
        command.Parameters.Add(new NpgsqlParameter { Value = row.ToJsonString(), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Every row of every table, but for what the settings say of encryption.</summary>
    private async Task<Dictionary<string, JsonArray>> ReadAsync()
    {
        var tables = new Dictionary<string, JsonArray>();
        foreach (var table in new[] { "settings", "nodes", "services", "schema_migrations" }.Concat(PmmLayoutSecrets.Tables))
        {
            if (!await Database.ScalarAsync<bool>("SELECT to_regclass($1) IS NOT NULL", table))
                continue;
            var row = table == "settings" ? "t.settings - 'encrypted_items' - 'encryption_key_check'" : "to_jsonb(t)";
            var rows = await Database.ScalarAsync<string>($"SELECT jsonb_agg({row})::text FROM {table} t");
            tables[table] = rows is null ? [] : Ordered(JsonNode.Parse(rows)!.AsArray());
        }

        return tables;
    }

    /// <summary>By key: where a row lies changes with it.</summary>
    private static JsonArray Ordered(JsonArray rows) => new(
    [
        .. rows.Select(row => row!.DeepClone()).OrderBy(row => $"{row["agent_id"] ?? row["id"] ?? row["node_id"]}", StringComparer.Ordinal),
    ]);
}
