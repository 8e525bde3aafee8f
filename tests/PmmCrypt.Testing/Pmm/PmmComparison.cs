using System.Text.Json;
using System.Text.Json.Nodes;

namespace PmmCrypt.Testing.Pmm;

/// <summary>Compares rows as the database has them with the rows that were seeded.</summary>
internal sealed class PmmComparison(Func<string, string, string> open, PmmStorage storage)
{
    private readonly List<string> _differences = [];
    private int _opened;
    private int _inClear;

    public PmmCheck Result(int agents, int locations) => new(agents, locations, _opened, _inClear, _differences);

    public void Differs(string where, string how) => _differences.Add($"{where}: {how}");

    /// <param name="mayBeClear">Whether PMM itself leaves secrets of this row in the clear.</param>
    /// <param name="stringColumn">The column that was seeded as a JSON string; written back as the object it holds it is as good.</param>
    public void Row(
        string table,
        string key,
        JsonObject want,
        JsonObject got,
        IReadOnlyDictionary<string, string[]> fields,
        bool mayBeClear = false,
        string? stringColumn = null)
    {
        foreach (var column in want.Select(c => c.Key).Union(got.Select(c => c.Key)))
        {
            var where = $"{table} {key} {column}";
            if (!want.ContainsKey(column) || !got.ContainsKey(column))
                Differs(where, want.ContainsKey(column) ? "the column is gone" : "there is a new column");
            else if (!fields.TryGetValue(column, out var members))
                Same(where, want[column], got[column]);
            else if (members is [])
                Secret(where, $"{table}.{column}", column, want[column], got[column], mayBeClear);
            else
                Options(where, $"{table}.{column}", column, members, want[column], Unwrap(got[column], column == stringColumn), mayBeClear);
        }
    }

    public void Settings(JsonObject want, JsonObject got, string databaseName)
    {
        foreach (var member in want.Select(m => m.Key).Union(got.Select(m => m.Key)).Except(["encrypted_items", "encryption_key_check"]))
            Same($"settings.{member}", want[member], got[member]);
        var listed = (got["encrypted_items"] as JsonArray ?? []).Select(item => item?.ToString());
        if (storage == PmmStorage.Legacy && PmmFields.Listed(databaseName).Except(listed).Any())
            Differs("settings.encrypted_items", "does not list every encrypted column: PMM would encrypt them once more");
        if (got["encryption_key_check"] is { } check)
            Secret("settings.encryption_key_check", PmmFields.KeyCheckField, "encryption_key_check", PmmFields.KeyCheck, check, false);
        else if (storage == PmmStorage.Envelope)
            Differs("settings.encryption_key_check", "is missing");
    }

    private void Options(string where, string field, string column, string[] members, JsonNode? want, JsonNode? got, bool mayBeClear)
    {
        if (want is not JsonObject wanted || got is not JsonObject found)
        {
            Same(where, want, got);
            return;
        }
        foreach (var member in wanted.Select(m => m.Key).Union(found.Select(m => m.Key)))
        {
            var at = $"{where}.{member}";
            if (wanted.ContainsKey(member) != found.ContainsKey(member)) Differs(at, wanted.ContainsKey(member) ? "is gone" : "is new");
            else if (members.Contains(member)) Secret(at, $"{field}.{member}", column, wanted[member], found[member], mayBeClear);
            else Same(at, wanted[member], found[member]);
        }
    }

    private void Secret(string where, string field, string column, JsonNode? want, JsonNode? got, bool mayBeClear)
    {
        var plaintext = (string?)want;
        if (got is not null && got.GetValueKind() != JsonValueKind.String || (got is null) != (plaintext is null))
        {
            Differs(where, $"is {(got is null ? "null" : got.GetValueKind())}");
            return;
        }
        var stored = (string?)got;
        if (string.IsNullOrEmpty(plaintext))
        {
            if (stored != plaintext) Differs(where, "was empty, and is not any more");
            return;
        }
        if (stored == plaintext)
        {
            _inClear++;
            if (PmmFields.IsEncrypted(column, storage) && !mayBeClear) Differs(where, "is stored in the clear");
            return;
        }
        Opens(where, field, plaintext, stored!);
        if (storage == PmmStorage.Legacy && !PmmFields.IsEncrypted(column, storage))
            Differs(where, "is encrypted, where a PMM of the legacy format reads it in the clear");
    }

    private void Opens(string where, string field, string plaintext, string stored)
    {
        try
        {
            if (open(stored, field) != plaintext) Differs(where, "opens to another plaintext");
            _opened++;
        }
#pragma warning disable CA1031 // what does not open is what this check is there to list, whatever the cipher throws
        catch (Exception e)
#pragma warning restore CA1031
        {
            Differs(where, $"does not open: {e.GetType().Name}: {e.Message}");
        }
    }

    private void Same(string where, JsonNode? want, JsonNode? got)
    {
        if (!JsonNode.DeepEquals(want, got)) Differs(where, "has changed");
    }

    private static JsonNode? Unwrap(JsonNode? stored, bool mayBeString) =>
        mayBeString && stored?.GetValueKind() == JsonValueKind.String ? JsonNode.Parse(stored.GetValue<string>()) : stored;
}
