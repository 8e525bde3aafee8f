using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Contract;

/// <summary>
/// A table as any database can have it: key columns, encrypted columns (text or JSON), and one column, <see cref="Other"/>, that nobody
/// encrypts.
/// </summary>
/// <param name="Name">Its name, unquoted.</param>
/// <param name="Keys">Its primary key; none for a table of a single row.</param>
/// <param name="Texts">Its encrypted text columns.</param>
/// <param name="Jsons">Its JSON columns, each an object whose member <c>secret</c> is encrypted.</param>
public sealed record ContractTable(string Name, IReadOnlyList<KeyColumn> Keys, IReadOnlyList<string> Texts, IReadOnlyList<string> Jsons)
{
    /// <summary>A text column that is not encrypted.</summary>
    public const string Other = "other";

    /// <summary>The table that most cases need: <c>t(id text primary key, password, options, other)</c>.</summary>
    public static ContractTable Simple { get; } = new("t", [new KeyColumn("id", KeyColumnType.Text)], ["password"], ["options"]);

    /// <summary>The same with another key.</summary>
    public static ContractTable KeyedBy(params KeyColumn[] keys) => Simple with { Keys = keys };

    /// <summary>The encrypted columns, in the order of the layout.</summary>
    public IEnumerable<string> Encrypted => Texts.Concat(Jsons);

    /// <summary>What the generator would publish for it. Each call makes another, for a field joins one table.</summary>
    public EncryptedTable ToMetadata() => new(null, Name, Keys,
    [
        .. Texts.Select(text => EncryptedColumn.Text(new EncryptedField(text, StoredFormats.All))),
        .. Jsons.Select(ToJson),
    ]);

    private static EncryptedColumn ToJson(string column)
    {
        var secret = new EncryptedField(column, StoredFormats.All, "secret");
        return EncryptedColumn.Json(column, Walk, secret);

        void Walk(ref JsonSplice json)
        {
            while (json.NextMember())
            {
                if (json.NameIs("secret"u8))
                    json.Visit(secret);
                else
                    json.Skip();
            }
        }
    }
}

/// <summary>Replaces every value by what a function makes of it: rotation without keys.</summary>
public sealed class ReplacingVisitor(Func<string, string> replace) : IFieldVisitor
{
    /// <inheritdoc/>
    public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
    {
        replacement.Write(System.Text.Encoding.UTF8.GetBytes(replace(System.Text.Encoding.UTF8.GetString(stored))));
        return true;
    }

    /// <inheritdoc/>
    public void VisitMalformed(EncryptedField field, MalformedReason reason) => throw new InvalidOperationException($"{field}: {reason}");
}
