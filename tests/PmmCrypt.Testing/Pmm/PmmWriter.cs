using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;

namespace PmmCrypt.Testing.Pmm;

/// <summary>Makes PMM's tables and fills them.</summary>
internal sealed class PmmWriter(PmmRows rows, PmmStoredRows stored)
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
        await CopyAsync(connection, "agents", rows.Agent(0), stored.Agents(), cancellation);
        await CopyAsync(connection, "backup_locations", rows.Location(0), stored.Locations(), cancellation);
        await using var settings = new NpgsqlCommand("UPDATE settings SET settings = $1", connection);
        settings.Parameters.Add(new NpgsqlParameter { Value = stored.Settings().ToJsonString(), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await settings.ExecuteNonQueryAsync(cancellation);
        await ExecuteAsync(connection, "ANALYZE agents, backup_locations");
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

    private static Task WriteAsync(NpgsqlBinaryImporter import, string column, JsonNode? value) => value switch
    {
        null => import.WriteNullAsync(),
        _ when PmmColumns.IsJson(column) => import.WriteAsync(value.ToJsonString(), NpgsqlDbType.Jsonb),
        _ when PmmColumns.IsTime(column) =>
            import.WriteAsync(DateTime.Parse(value.GetValue<string>(), CultureInfo.InvariantCulture), NpgsqlDbType.Timestamp),
        _ when PmmColumns.IsInteger(column) => import.WriteAsync(value.GetValue<int>(), NpgsqlDbType.Integer),
        _ when PmmColumns.IsBoolean(column) => import.WriteAsync(value.GetValue<bool>(), NpgsqlDbType.Boolean),
        _ => import.WriteAsync(value.GetValue<string>(), NpgsqlDbType.Varchar),
    };

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
