using System.Diagnostics;
using System.Text.Json.Nodes;
using Npgsql;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Benchmarks;

/// <summary>
/// What PMM's own tool does up to 3.9: read every row and decrypt it, one UPDATE a row; read every row again and encrypt it, one UPDATE a
/// row; all in one transaction, and without a look at what came of it. Here the same key encrypts again, which costs the same.
/// </summary>
internal static class PmmAlgorithm
{
    public const string Name = "PMM's algorithm";

    private static readonly string[] Text = ["username", "password", "agent_password"];

    private static readonly (string Column, string[] Members)[] Json =
    [
        ("aws_options", ["aws_access_key", "aws_secret_key"]),
        ("azure_options", ["subscription_id", "client_id", "client_secret", "tenant_id"]),
        ("mongo_options", ["tls_certificate_key", "tls_certificate_key_file_password"]),
        ("mysql_options", ["tls_cert", "tls_key"]),
        ("postgresql_options", ["ssl_cert", "ssl_key"]),
    ];

    private static readonly string[] Columns = [.. Text, .. Json.Select(json => json.Column)];

    public static async Task<Measurement> RunAsync(RotationTarget target, CancellationToken cancellation)
    {
        var keys = HandKeyset.Load(target.KeyFile);
        // Unpooled: a session that stays is one that the next rotation has to take for a service.
        var unpooled = new NpgsqlConnectionStringBuilder(target.ConnectionString) { Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(unpooled);
        await connection.OpenAsync(cancellation);
        var watch = Stopwatch.StartNew();
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await PassAsync(connection, stored => keys.Open(stored).Plaintext, cancellation);
        await PassAsync(connection, plaintext => keys.Seal(plaintext), cancellation);
        await transaction.CommitAsync(cancellation);
        return new Measurement(Name, watch.Elapsed.TotalSeconds);
    }

    private static async Task PassAsync(NpgsqlConnection connection, Func<string, string> change, CancellationToken cancellation)
    {
        var rows = new List<string?[]>();
        await using (var select = new NpgsqlCommand($"SELECT agent_id, {string.Join(", ", Columns)} FROM agents", connection))
        {
            select.CommandTimeout = 0;
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetString(i))]);
        }

        var set = Columns.Select((column, i) => $"{column} = ${i + 1}{(i < Text.Length ? "" : "::jsonb")}");
        await using var update = new NpgsqlCommand(
            $"UPDATE agents SET {string.Join(", ", set)} WHERE agent_id = ${Columns.Length + 1}", connection);
        for (var i = 0; i <= Columns.Length; i++)
            update.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        foreach (var row in rows)
        {
            for (var i = 0; i < Columns.Length; i++)
            {
                var value = row[i + 1];
                value = string.IsNullOrEmpty(value) ? value : i < Text.Length ? change(value) : Document(value, Json[i - Text.Length].Members, change);
                update.Parameters[i].Value = value is null ? DBNull.Value : value;
            }

            update.Parameters[Columns.Length].Value = row[0]!;
            await update.ExecuteNonQueryAsync(cancellation);
        }
    }

    private static string Document(string json, string[] members, Func<string, string> change)
    {
        var document = JsonNode.Parse(json)!;
        if (document is not JsonObject options)
            return json;
        foreach (var member in members)
        {
            if (options[member]?.GetValue<string>() is { Length: > 0 } value)
                options[member] = change(value);
        }

        return options.ToJsonString();
    }
}
