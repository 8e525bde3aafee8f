using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Pmm;

/// <summary>What PMM records about its encryption in <c>settings.settings</c>.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>encrypted_items</c>, by PMM 3.0 to 3.9: the encrypted columns of <c>agents</c>, as <c>database.agents.column</c>. A column that
/// is not in it is encrypted at the next start, whatever it holds, and the list is then replaced by the columns of that start: one that is
/// left out has all the others encrypted once more. So it is added to here, by all that PMM 3 encrypts, under its own names for them,
/// also while the database is still PMM 2's: it is PMM 3 that reads the list, when it has brought the schema up to date.</item>
/// <item><c>encryption_key_check</c>, by later PMM: a fixed text under the primary key, by which PMM tells whether its key is the
/// database's.</item>
/// </list>
/// </remarks>
internal sealed class PmmLedger() : EncryptionLedger(PmmSettings.EncryptedTable, PmmSettings.EncryptedTable.Columns[0])
{
    private const string EncryptedItems = "encrypted_items";
    private const string KeyCheck = "encryption_key_check";
    private const string KeyCheckText = "pmm-encryption-key-check";

    /// <inheritdoc/>
    public override StoredFormat FormatOf(ReadOnlySpan<byte> document)
    {
        var settings = Parse(document);
        if (TextOf(settings[KeyCheck]) is { Length: > 0 })
            return StoredFormat.Envelope;
        return ItemsOf(settings).Length > 0 ? StoredFormat.Legacy : StoredFormat.Unknown;
    }

    /// <inheritdoc/>
    public override byte[]? Record(
        ReadOnlySpan<byte> document, IReadOnlyList<(EncryptedTable Table, EncryptedColumn Column)> encrypted, string database,
        FieldCipher cipher)
    {
        ArgumentNullException.ThrowIfNull(encrypted);
        ArgumentNullException.ThrowIfNull(cipher);
        var settings = Parse(document);
        var changed = cipher.Format == StoredFormat.Legacy ? RecordItems(settings, encrypted, database) : RecordKeyCheck(settings, cipher);
        return changed ? Write(settings) : null;
    }

    /// <inheritdoc/>
    public override byte[]? Erase(
        ReadOnlySpan<byte> document, IReadOnlyList<(EncryptedTable Table, EncryptedColumn Column)> decrypted, string database)
    {
        ArgumentNullException.ThrowIfNull(decrypted);
        var settings = Parse(document);
        var changed = settings.Remove(KeyCheck);
        var recorded = ItemsOf(settings);
        var items = recorded.Except(Items(database, decrypted)).ToArray();
        if (items.Length != recorded.Length)
        {
            settings[EncryptedItems] = new JsonArray([.. items.Select(item => (JsonNode)item)]);
            changed = true;
        }

        return changed ? Write(settings) : null;
    }

    private static IEnumerable<string> Items(
        string database, IEnumerable<(EncryptedTable Table, EncryptedColumn Column)> columns) =>
        columns
            .SelectMany(
                column => column.Table == Agent.EncryptedTable ? PmmHistory.LegacyColumnsOfAgents : [column.Column.Name],
                (column, name) => $"{database}.{column.Table.Name}.{name}")
            .Distinct();

    private static bool RecordItems(JsonObject settings, IEnumerable<(EncryptedTable Table, EncryptedColumn Column)> encrypted,
        string database)
    {
        var recorded = ItemsOf(settings);
        var items = Items(database, encrypted).Union(recorded).Order(StringComparer.Ordinal).ToArray();
        // A key check would go on to say that values are envelopes.
        var hadKeyCheck = settings.Remove(KeyCheck);
        if (items.Length == recorded.Length)
            return hadKeyCheck;
        settings[EncryptedItems] = new JsonArray([.. items.Select(item => (JsonNode)item)]);
        return true;
    }

    private static bool RecordKeyCheck(JsonObject settings, FieldCipher cipher)
    {
        if (TextOf(settings[KeyCheck]) is { Length: > 0 })
            return false;       // it is a field of the model: that it opens was made sure of, and rotation keeps it under the primary key
        settings[KeyCheck] = cipher.Encrypt(KeyCheckText);
        return true;
    }

    private static string[] ItemsOf(JsonObject settings) =>
        settings[EncryptedItems] is JsonArray items ? [.. items.Select(TextOf).OfType<string>().Distinct()] : [];

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static byte[] Write(JsonObject settings)
    {
        var document = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(document, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            settings.WriteTo(writer);
        return document.WrittenSpan.ToArray();
    }

    private static JsonObject Parse(ReadOnlySpan<byte> document)
    {
        try
        {
            return JsonNode.Parse(document) as JsonObject ?? throw new JsonException("It is not an object.");
        }
        catch (JsonException)
        {
            throw new InvalidDataException("settings.settings is not a JSON object: this is not PMM's settings table.");
        }
    }
}
