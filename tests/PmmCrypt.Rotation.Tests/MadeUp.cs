using System.Text;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Tables, values and keys of small numbers, without a database: for what is decided from a count.</summary>
internal static class MadeUp
{
    public static EncryptedField Password { get; } = new("password", StoredFormats.All);

    public static EncryptedField Token { get; } = new("token", StoredFormats.All);

    public static EncryptedField Secret { get; } = new("secret", StoredFormats.Envelope);

    public static TableLayout Accounts { get; } = Layout("accounts", Password, Token);

    public static TableLayout Hosts { get; } = Layout("hosts", Secret);

    /// <summary>Nothing counted yet, under the primary key 10.</summary>
    public static Census Census() => new([Accounts, Hosts], 10);

    /// <summary>Adds a value that opened.</summary>
    /// <param name="census">Where to.</param>
    /// <param name="field">Its field.</param>
    /// <param name="keyIds">The keys of its layers, the outermost first.</param>
    public static Census Opened(this Census census, EncryptedField field, params uint[] keyIds) =>
        census.Opened(field, StoredFormat.Legacy, keyIds);

    public static Census Opened(this Census census, EncryptedField field, StoredFormat format, params uint[] keyIds)
    {
        var value = new StoredValue(StoredValueState.Opened, format);
        foreach (var keyId in keyIds)
            value.AddLayer(keyId);
        census.Add(field, new RowKey("row"), value, []);
        return census;
    }

    /// <summary>Adds a value in the clear, or one that does not open.</summary>
    public static Census Closed(
        this Census census, EncryptedField field, StoredValueState state, uint keyId = 0, string stored = "", string row = "row")
    {
        var value = new StoredValue(state, StoredFormat.Legacy);
        value.SetUnopenedKey(keyId);
        census.Add(field, new RowKey(row), value, Encoding.UTF8.GetBytes(stored));
        return census;
    }

    /// <summary>A keyset of keys in this order.</summary>
    public static Keyset Keyset(uint primary, params KeysetKey[] keys) => new(primary, keys);

    public static KeysetKey Key(uint id, KeyStatus status = KeyStatus.Enabled)
    {
        var material = new byte[32];
        material[0] = (byte)id;
        return new KeysetKey(id, status, material);
    }

    private static TableLayout Layout(string name, params EncryptedField[] fields)
    {
        var table = new EncryptedTable(null, name, [new KeyColumn("id", KeyColumnType.Text)], [.. fields.Select(EncryptedColumn.Text)]);
        return new TableLayout(table, table.Columns, []);
    }
}
