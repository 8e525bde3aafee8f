using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;

namespace PmmCrypt.Testing.Pmm;

/// <summary>Makes PMM's tables and fills them.</summary>
internal sealed class PmmWriter(PmmSeed seed, PmmRows rows, string databaseName)
{
    private const int SchemaVersion = 119;

    public static string Schema
    {
        get
        {
            using var reader = new StreamReader(typeof(PmmWriter).Assembly.GetManifestResourceStream("pmm-schema.sql")!);
            return reader.ReadToEnd();
        }
    }

    /// <summary>The settings that encryption has nothing to do with.</summary>
    public static JsonObject OtherSettings() => new() { ["metrics_resolutions"] = new JsonObject { ["hr"] = 5_000_000_000 } };

    public async Task WriteAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await ExecuteAsync(connection, Schema);
        await ExecuteAsync(connection, $"""
            INSERT INTO schema_migrations SELECT generate_series(1, {SchemaVersion});
            INSERT INTO nodes (node_id, node_type, node_name, distro, node_model, az, address, created_at, updated_at)
              VALUES ('pmm-server', 'generic', 'pmm-server', '', '', '', '127.0.0.1', '{PmmRows.Stamp}', '{PmmRows.Stamp}');
            INSERT INTO services (service_id, service_type, service_name, node_id, environment, cluster, replication_set, address, port,
                external_group, created_at, updated_at)
              VALUES ('service-1', 'mysql', 'service-1', 'pmm-server', '', '', '', '127.0.0.1', 3306,
                '', '{PmmRows.Stamp}', '{PmmRows.Stamp}');
            """);
        await CopyAsync(connection, "agents", rows.Agent(0), Enumerable.Range(0, rows.Agents).Select(StoredAgent), cancellation);
        var locations = Enumerable.Range(0, rows.Locations).Select(StoredLocation);
        await CopyAsync(connection, "backup_locations", rows.Location(0), locations, cancellation);
        await using var settings = new NpgsqlCommand("UPDATE settings SET settings = $1", connection);
        settings.Parameters.Add(new NpgsqlParameter { Value = Settings().ToJsonString(), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await settings.ExecuteNonQueryAsync(cancellation);
        await ExecuteAsync(connection, "ANALYZE agents, backup_locations");
    }

    /// <summary>The settings as seeded: what encryption keeps of its own stands beside the others.</summary>
    private JsonObject Settings()
    {
        var settings = OtherSettings();
        if (seed.Storage == PmmStorage.Legacy)
            settings["encrypted_items"] = new JsonArray([.. PmmFields.Listed(databaseName).Select(item => JsonValue.Create(item))]);
        if (seed.Storage == PmmStorage.Envelope)
            settings["encryption_key_check"] = seed.Encrypt(PmmFields.KeyCheck, PmmFields.KeyCheckField);
        return settings;
    }

    private JsonObject StoredAgent(int i)
    {
        var row = rows.Agent(i);
        if (!(seed.Quirks && PmmRows.IsPmmAgent(i))) Encrypt(row, "agents", PmmFields.Agents);
        if (rows.HasOptionsAsString(i)) row["azure_options"] = row["azure_options"]!.ToJsonString();
        return row;
    }

    private JsonObject StoredLocation(int i)
    {
        var row = rows.Location(i);
        Encrypt(row, "backup_locations", PmmFields.Locations);
        return row;
    }

    private void Encrypt(JsonObject row, string table, IReadOnlyDictionary<string, string[]> fields)
    {
        foreach (var (column, members) in fields)
        {
            if (row[column] is null || !PmmFields.IsEncrypted(column, seed.Storage)) continue;
            if (members is []) Encrypt(row, column, $"{table}.{column}");
            foreach (var member in members) Encrypt((JsonObject)row[column]!, member, $"{table}.{column}.{member}");
        }
    }

    /// <summary>Empty strings and nulls are no secrets: PMM never encrypts them.</summary>
    private void Encrypt(JsonObject holder, string member, string field)
    {
        if (holder[member]?.GetValue<string>() is { Length: > 0 } plaintext) holder[member] = seed.Encrypt(plaintext, field);
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection, string table, JsonObject pattern, IEnumerable<JsonObject> all, CancellationToken cancellation)
    {
        var columns = string.Join(", ", pattern.Select(column => column.Key));
        await using var import = await connection.BeginBinaryImportAsync(
            $"COPY {table} ({columns}) FROM STDIN (FORMAT binary)", cancellation);
        foreach (var row in all)
        {
            await import.StartRowAsync(cancellation);
            foreach (var (column, value) in row) await WriteAsync(import, column, value);
        }
        await import.CompleteAsync(cancellation);
    }

    private static Task WriteAsync(NpgsqlBinaryImporter import, string column, JsonNode? value) => (column, value) switch
    {
        (_, null) => import.WriteNullAsync(),
        _ when column.EndsWith("_options", StringComparison.Ordinal) || column.EndsWith("_config", StringComparison.Ordinal) =>
            import.WriteAsync(value.ToJsonString(), NpgsqlDbType.Jsonb),
        ("created_at" or "updated_at", _) =>
            import.WriteAsync(DateTime.Parse(value.GetValue<string>(), CultureInfo.InvariantCulture), NpgsqlDbType.Timestamp),
        ("listen_port", _) => import.WriteAsync(value.GetValue<int>(), NpgsqlDbType.Integer),
        ("disabled" or "tls" or "tls_skip_verify" or "is_connected", _) => import.WriteAsync(value.GetValue<bool>(), NpgsqlDbType.Boolean),
        _ => import.WriteAsync(value.GetValue<string>(), NpgsqlDbType.Varchar),
    };

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
