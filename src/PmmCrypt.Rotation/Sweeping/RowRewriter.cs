using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>
/// Finds the values of a page that are off the primary key, in the wrong format, under too many layers, or in the clear where they are to
/// be encrypted, and makes their replacements. Each new ciphertext is opened again and compared before it is handed on.
/// </summary>
internal sealed class RowRewriter(FieldCipher cipher, RewriteRule rule) : IFieldVisitor
{
    /// <summary>The most rows that are named in a report of what was healed.</summary>
    private const int MaxNamed = 1000;

    private readonly ArrayBufferWriter<byte> _column = new();
    private readonly ArrayBufferWriter<byte> _secret = new();
    private readonly ProvenEncryption _encryption = new(cipher);
    private readonly List<string> _healed = [];
    private readonly List<string> _healedInColumn = [];
    private readonly HashSet<EncryptedField> _intoClear = [];
    private RowKey _row = RowKey.SingleRow;

    /// <summary>Values that were found under more than one layer, by table, row and field.</summary>
    public IReadOnlyList<string> Healed => _healed;

    /// <summary>The fields of which a value was put into the clear.</summary>
    public IReadOnlyCollection<EncryptedField> IntoClear => _intoClear;

    /// <summary>Fills <paramref name="changes"/> with what is to be replaced in <paramref name="page"/>.</summary>
    public void Rewrite(RowPage page, RowChanges changes)
    {
        var columns = page.Layout.Columns;
        for (var row = 0; row < page.Count; row++)
        {
            _row = page.Key(row);
            for (var column = 0; column < columns.Count; column++)
            {
                if (page.IsNull(row, column))
                    continue;
                _healedInColumn.Clear();
                _column.ResetWrittenCount();
                if (!columns[column].Walk(page.Column(row, column).Span, this, _column))
                    continue;
                changes.Set(row, column, _column.WrittenSpan);
                _healed.AddRange(_healedInColumn.Take(MaxNamed - _healed.Count));
            }
        }
    }

    public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
    {
        try
        {
            var value = cipher.Open(stored, _secret);
            if (rule.Target(field, value, cipher.PrimaryKeyId) is not { } format)
                return false;       // done, or does not open: then it stays as it is, to the byte, and the census names it
            if (format == StoredFormat.Unknown && ClearFitness.WhyNot(_secret.WrittenSpan, cipher) is not null)
                return false;       // written meanwhile, or the plan had named it
            Replace(field, value.State == StoredValueState.Clear ? stored : _secret.WrittenSpan, format, replacement);
            if (value.Layers > 1)
                _healedInColumn.Add($"{field.Table} {_row} {field.Name}");
            return true;
        }
        finally
        {
            _secret.Clear();
        }
    }

    public void VisitMalformed(EncryptedField field, MalformedReason reason)
    {
        // Nothing to replace; the census names it.
    }

    public bool VisitObjectInString(EncryptedColumn column) => rule.Normalize;

    private void Replace(EncryptedField field, ReadOnlySpan<byte> secret, StoredFormat format, IBufferWriter<byte> replacement)
    {
        if (format == StoredFormat.Unknown)
        {
            _intoClear.Add(field);
            replacement.Write(secret);
        }
        else
        {
            _encryption.Write(field, secret, format, replacement);
        }
    }
}
