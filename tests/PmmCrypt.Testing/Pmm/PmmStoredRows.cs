using System.Text.Json.Nodes;

namespace PmmCrypt.Testing.Pmm;

/// <summary>The rows of an invented PMM database as they are stored: with what the seed says is encrypted encrypted.</summary>
internal sealed class PmmStoredRows(PmmSeed seed, PmmRows rows, string databaseName)
{
    /// <summary>The settings that encryption has nothing to do with.</summary>
    public static JsonObject OtherSettings() => new() { ["metrics_resolutions"] = new JsonObject { ["hr"] = 5_000_000_000 } };

    /// <summary>The settings as seeded: what encryption keeps of its own stands beside the others.</summary>
    public JsonObject Settings()
    {
        var settings = OtherSettings();
        if (seed.Storage == PmmStorage.Legacy)
            settings["encrypted_items"] = new JsonArray([.. PmmFields.Listed(databaseName).Select(item => JsonValue.Create(item))]);
        if (seed.Storage == PmmStorage.Envelope)
            settings["encryption_key_check"] = seed.Encrypt(PmmFields.KeyCheck, PmmFields.KeyCheckField);
        return settings;
    }

    public IEnumerable<JsonObject> Agents() => Enumerable.Range(0, rows.Agents).Select(Agent);

    public IEnumerable<JsonObject> Locations() => Enumerable.Range(0, rows.Locations).Select(Location);

    private JsonObject Agent(int i)
    {
        var row = rows.Agent(i);
        if (!(seed.Quirks && PmmRows.IsPmmAgent(i))) Encrypt(row, "agents", PmmFields.Agents);
        if (rows.HasOptionsAsString(i)) row["azure_options"] = row["azure_options"]!.ToJsonString();
        return row;
    }

    private JsonObject Location(int i)
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
}
