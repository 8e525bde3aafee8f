using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Losses;

/// <summary>
/// The backup file that values under lost keys are moved to, and that they are put back from: PMM's own format, so that either reads the
/// other's.
/// </summary>
/// <remarks>
/// <code>
/// {
///   "created_at": "2026-08-19T10:15:30Z",
///   "key_path": "/srv/pmm-encryption.key",
///   "lost_keys": [1234567890],                        ours alone: the values under these were moved
///   "tables": {
///     "agents": [{ "agent_id": "…", "username": null, …, "mysql_options": { "tls_key": "…" } }]
///   }
/// }
/// </code>
/// Each row has its key and all its columns; those in which nothing was lost are null here. A JSON column is embedded as it is stored. An
/// earlier PMM wrote the tables at the top.
/// </remarks>
internal sealed class LossFile
{
    private const string Name = "pmm-encryption-migration-backup-";
    private const string LostKeysMember = "lost_keys";
    private const string TablesMember = "tables";

    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Dictionary<EncryptedTable, Dictionary<string, Dictionary<ValuePlace, byte[]>>> _rows = [];

    private LossFile(IReadOnlyCollection<uint>? lostKeys) => LostKeys = lostKeys;

    /// <summary>The keys that values were moved for; null in a file of PMM's, which holds other values too.</summary>
    public IReadOnlyCollection<uint>? LostKeys { get; }

    /// <summary>Tables of the file that the model does not have.</summary>
    public List<string> Unknown { get; } = [];

    /// <summary>The name of a file that is made now.</summary>
    public static string NameAt(DateTimeOffset now) =>
        Name + now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'.'fffffff'00Z.json'", CultureInfo.InvariantCulture);

    /// <summary>How a row's key stands in <see cref="In"/>.</summary>
    public static string KeyText(RowKey key) =>
        string.Join('\0', key.Values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));

    /// <summary>The values that the file has of a table's rows, by <see cref="KeyText"/>.</summary>
    public IReadOnlyDictionary<string, Dictionary<ValuePlace, byte[]>> In(EncryptedTable table) =>
        _rows.GetValueOrDefault(table) ?? [];

    /// <summary>The tables that it has rows of.</summary>
    public IEnumerable<EncryptedTable> Tables => _rows.Keys;

    /// <summary>The content of a file.</summary>
    public static byte[] Write(
        IReadOnlyList<(RowPage Page, LostRows Rows)> pages, string keyPath, IEnumerable<uint> lostKeys, DateTimeOffset now)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(content, Options))
        {
            json.WriteStartObject();
            json.WriteString("created_at", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteString("key_path", keyPath);
            json.WriteStartArray(LostKeysMember);
            foreach (var id in lostKeys)
                json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartObject(TablesMember);
            foreach (var table in pages.Where(held => held.Rows.Kept.Count > 0).GroupBy(held => held.Page.Layout.Table.ToString()))
            {
                json.WriteStartArray(table.Key);
                foreach (var (page, rows) in table)
                {
                    foreach (var row in rows.Kept.Keys.Select(place => place.Row).Distinct())
                        WriteRow(json, page, row, rows);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return content.WrittenSpan.ToArray();
    }

    /// <summary>Reads a file, this tool's or PMM's.</summary>
    /// <exception cref="RotationException">It cannot be read, or is no such file.</exception>
    public static LossFile Read(string path, EncryptionModel model)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = int.MaxValue });
            var root = document.RootElement;
            var lostKeys = root.TryGetProperty(LostKeysMember, out var ids)
                ? ids.EnumerateArray().Select(id => id.GetUInt32()).ToHashSet()
                : null;
            var file = new LossFile(lostKeys);
            if (!root.TryGetProperty("created_at", out _))
                throw new JsonException("It does not say when it was made.");
            if (root.TryGetProperty(TablesMember, out var tables))
                root = tables;
            foreach (var table in root.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Array
                && member.Name != LostKeysMember))
                file.Take(model, table.Name, table.Value);
            return file;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            // The words of the parser may quote what it found.
            throw new RotationException(
                RotationFailure.Refused, $"{path} is no backup of encrypted values", $"name a file such as {Name}….json, as it was written");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RotationException(
                RotationFailure.Refused, $"{path} cannot be read: {e.Message}", "run this as the user that it belongs to, or as root");
        }
    }

    private static void WriteRow(Utf8JsonWriter json, RowPage page, int row, LostRows rows)
    {
        json.WriteStartObject();
        var table = page.Layout;
        for (var key = 0; key < table.Table.Keys.Count; key++)
        {
            json.WritePropertyName(table.Table.Keys[key].Name);
            WriteKey(json, page.Key(row).Values[key]);
        }

        for (var column = 0; column < table.Columns.Count; column++)
        {
            json.WritePropertyName(table.Columns[column].Name);
            if (!rows.Kept.TryGetValue((row, column), out var kept))
                json.WriteNullValue();
            else if (table.Columns[column].IsJson)
                json.WriteRawValue(kept, skipInputValidation: true);      // the walk has read it to its end, however deep it is
            else
                json.WriteStringValue(kept);
        }

        json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case long number:
                json.WriteNumberValue(number);
                break;
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private void Take(EncryptionModel model, string name, JsonElement rows)
    {
        // Several entities may share a table, each with columns of its own.
        var tables = model.Tables.Where(table => table.ToString() == name).ToArray();
        if (tables.Length == 0)
            Unknown.Add(name);
        foreach (var table in tables)
            Take(table, rows);
    }

    private void Take(EncryptedTable table, JsonElement rows)
    {
        var taken = new Dictionary<string, Dictionary<ValuePlace, byte[]>>(StringComparer.Ordinal);
        var places = table.Columns.Select(column => new ValuePlaces(column)).ToArray();
        foreach (var row in rows.EnumerateArray())
        {
            var values = new Dictionary<ValuePlace, byte[]>();
            foreach (var (column, inColumn) in table.Columns.Zip(places))
            {
                if (!row.TryGetProperty(column.Name, out var value) || Stored(column, value) is not { } stored)
                    continue;
                inColumn.Read(stored);
                column.Walk(stored, new Collector(inColumn, values), new ArrayBufferWriter<byte>());
            }

            var key = string.Join('\0', table.Keys.Select(key => KeyText(row.GetProperty(key.Name))));
            if (!taken.TryAdd(key, values))
            {
                foreach (var (place, value) in values)
                    taken[key][place] = value;
            }
        }

        _rows[table] = taken;
    }

    private static string KeyText(JsonElement key) => key.ValueKind switch
    {
        JsonValueKind.String => key.GetString()!,
        JsonValueKind.True => bool.TrueString,
        JsonValueKind.False => bool.FalseString,
        JsonValueKind.Number => key.GetInt64().ToString(CultureInfo.InvariantCulture),
        _ => throw new JsonException("A row has no key."),
    };

    /// <summary>A column as the database stores it; null where the file has nothing of it.</summary>
    private static byte[]? Stored(EncryptedColumn column, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        _ when column.IsJson => Encoding.UTF8.GetBytes(value.GetRawText()),
        JsonValueKind.String => Encoding.UTF8.GetBytes(value.GetString()!),
        _ => throw new JsonException("A text column holds something else."),
    };

    private sealed class Collector(ValuePlaces places, Dictionary<ValuePlace, byte[]> values) : IFieldVisitor
    {
        public bool VisitsEmpty => true;        // each has a place, which the next one does not

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            if (places.Next(field) is { } place && !stored.IsEmpty)
                values[place] = stored.ToArray();
            return false;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason)
        {
            // Nothing of it can be put back.
        }
    }
}
