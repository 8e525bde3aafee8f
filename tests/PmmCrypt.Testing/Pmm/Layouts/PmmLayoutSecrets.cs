using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PmmCrypt.Testing.Pmm.Layouts;

/// <summary>A secret in a row: where it stands, and what to put there.</summary>
/// <param name="Table">The table.</param>
/// <param name="Column">The column.</param>
/// <param name="Stored">What is stored.</param>
/// <param name="Replace">Puts something else in its place, and changes nothing around it.</param>
internal sealed record PmmLayoutSecret(string Table, string Column, string Stored, Action<string> Replace)
{
    public bool IsEncrypted(PmmStorage storage) => Table.StartsWith("adre_", StringComparison.Ordinal)
        ? storage == PmmStorage.Legacy
        : PmmFields.IsEncrypted(Column, storage);
}

/// <summary>The places in which PMM keeps secrets, in whichever layout, written down here once more.</summary>
internal static class PmmLayoutSecrets
{
    private static readonly Dictionary<string, IReadOnlyDictionary<string, string[]>> Places = new()
    {
        ["agents"] = new Dictionary<string, string[]>(PmmFields.Agents)
        {
            ["aws_access_key"] = [],
            ["aws_secret_key"] = [],
            ["mongo_db_tls_options"] = PmmFields.Agents["mongo_options"],
        },
        ["backup_locations"] = PmmFields.Locations,
        ["adre_models"] = new Dictionary<string, string[]> { ["api_key"] = [] },
        ["adre_provisioning"] = new[]
        {
            "holmes_api_key", "pmm_sa_token", "servicenow_api_key", "servicenow_client_token", "slack_bot_token", "slack_app_token",
            "alert_webhook_secret",
        }.ToDictionary(column => column, _ => Array.Empty<string>()),
    };

    /// <summary>The tables, each before those that refer to it.</summary>
    public static IEnumerable<string> Tables => Places.Keys;

    /// <summary>The secrets of a row, as they are stored: in the clear or not.</summary>
    public static IReadOnlyList<PmmLayoutSecret> In(string table, JsonObject row) =>
        Places.TryGetValue(table, out var columns) ? [.. columns.SelectMany(column => In(table, row, column.Key, column.Value))] : [];

    private static IEnumerable<PmmLayoutSecret> In(string table, JsonObject row, string column, string[] members)
    {
        if (members is [])
        {
            if (Secret(row[column]) is { } stored)
                yield return new PmmLayoutSecret(table, column, stored, plaintext => row[column] = plaintext);
            yield break;
        }

        // An object, or a text or string that holds one: there every character around the secret counts.
        var text = row[column] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? (string)value! : null;
        if ((text is null ? row[column] : JsonNode.Parse(text)) is not JsonObject options)
            yield break;
        foreach (var member in members)
        {
            if (Secret(options[member]) is not { } stored)
                continue;
            yield return new PmmLayoutSecret(table, column, stored, plaintext =>
            {
                if (text is null)
                    options[member] = plaintext;
                else
                    row[column] = ((string)row[column]!).Replace(Quoted(stored), Quoted(plaintext), StringComparison.Ordinal);
            });
        }
    }

    private static string? Secret(JsonNode? node) => node is null || (string)node! == "" ? null : (string)node!;

    private static string Quoted(string text) => $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";
}
