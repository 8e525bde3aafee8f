using System.Text.Json.Nodes;
using Npgsql;
using NpgsqlTypes;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>What a PMM of one kind does at its start to a database that one of the other kind has written.</summary>
internal static class OtherPmm
{
    /// <summary>
    /// PMM 3.0 to 3.9 on envelopes: it knows no key check, finds no list of what is encrypted, and so encrypts each of its columns,
    /// whatever it holds. What it does not encrypt, it leaves.
    /// </summary>
    public static async Task StartLegacyAsync(PmmDatabase pmm, HandKeyset keys)
    {
        await RewriteAsync(pmm, "agents", "agent_id", PmmFields.Agents, (column, stored) =>
            PmmFields.IsEncrypted(column, PmmStorage.Legacy) ? keys.Seal(stored) : stored);
        await SettingsAsync(pmm, settings =>
        {
            settings.Remove("encryption_key_check");
            settings["encrypted_items"] = new JsonArray([.. PmmFields.Listed(pmm.Database.Name).Select(item => JsonValue.Create(item))]);
        });
    }

    /// <summary>
    /// PMM's rewrite on what PMM 3.9 left: every field becomes an envelope, the list goes, a key check comes. Here it is killed halfway: of
    /// usernames none was written yet.
    /// </summary>
    public static async Task StartEnvelopeAsync(PmmDatabase pmm, HandKeyset keys)
    {
        await RewriteAsync(pmm, "agents", "agent_id", PmmFields.Agents, (column, stored) => column switch
        {
            "username" => stored,
            _ when PmmFields.IsEncrypted(column, PmmStorage.Legacy) => keys.Seal(keys.Open(stored).Plaintext, envelope: true),
            _ => keys.Seal(stored, envelope: true),
        });
        await RewriteAsync(pmm, "backup_locations", "id", PmmFields.Locations, (_, stored) => keys.Seal(stored, envelope: true));
        await SettingsAsync(pmm, settings =>
        {
            settings.Remove("encrypted_items");
            settings["encryption_key_check"] = keys.Seal(PmmFields.KeyCheck, envelope: true);
        });
    }

    private static async Task SettingsAsync(PmmDatabase pmm, Action<JsonObject> change)
    {
        var settings = JsonNode.Parse((await pmm.Database.ScalarAsync<string>("SELECT settings::text FROM settings"))!)!.AsObject();
        change(settings);
        await pmm.Database.ExecuteAsync("UPDATE settings SET settings = $1::text::jsonb", settings.ToJsonString());
    }

    /// <summary>PMM leaves rows of pmm-agents in the clear, or puts them there.</summary>
    private static async Task RewriteAsync(
        PmmDatabase pmm, string table, string key, IReadOnlyDictionary<string, string[]> fields, Func<string, string, string> change)
    {
        var rows = await pmm.Database.ScalarAsync<string>($"SELECT jsonb_agg(to_jsonb(t))::text FROM {table} t");
        var all = JsonNode.Parse(rows!)!.AsArray();
        await using var connection = await pmm.Database.OpenAsync();
        foreach (var row in all.Select(row => row!.AsObject()).Where(row => (string?)row["agent_type"] != "pmm-agent"))
        {
            foreach (var (column, members) in fields)
            {
                if (members is [])
                    Change(row, column, column, change);
                foreach (var member in row[column] is JsonObject ? members : [])
                    Change(row[column]!.AsObject(), member, column, change);
            }

            var set = string.Join(", ", fields.Keys.Select(column => $"{column} = r.{column}"));
            await using var update = new NpgsqlCommand(
                $"UPDATE {table} t SET {set} FROM jsonb_populate_record(NULL::{table}, $1) r WHERE t.{key} = r.{key}", connection);
            update.Parameters.Add(new NpgsqlParameter { Value = row.ToJsonString(), NpgsqlDbType = NpgsqlDbType.Jsonb });
            await update.ExecuteNonQueryAsync();
        }
    }

    private static void Change(JsonObject holder, string member, string column, Func<string, string, string> change)
    {
        if ((string?)holder[member] is { Length: > 0 } stored)
            holder[member] = change(column, stored);
    }
}
