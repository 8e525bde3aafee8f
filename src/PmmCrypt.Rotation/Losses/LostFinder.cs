using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Losses;

/// <summary>What of a page is under lost keys.</summary>
/// <param name="Changes">Empties the fields.</param>
/// <param name="Values">The values, each with the number of its row in the page; without those of the service's own record.</param>
/// <param name="Kept">For each row and column with such values, what is to be kept of the column.</param>
internal sealed record LostRows(
    RowChanges Changes, IReadOnlyList<(int Row, ValueProblem Value)> Values, IReadOnlyDictionary<(int Row, int Column), byte[]> Kept);

/// <summary>Finds the values of a table that are under lost keys, and makes the rows without them.</summary>
/// <param name="table">The table.</param>
/// <param name="renew">For the table of the service's own record: what it is, of what is left of it. Null for every other.</param>
/// <param name="cipher">What opens values.</param>
/// <param name="lost">The keys that are lost.</param>
internal sealed class LostFinder(TableLayout table, Func<byte[], byte[]>? renew, FieldCipher cipher, IReadOnlyCollection<uint> lost)
{
    private readonly ArrayBufferWriter<byte> _column = new();

    /// <summary>Finds them in a page.</summary>
    public LostRows Find(RowPage page)
    {
        var changes = new RowChanges(table);
        var values = new List<(int, ValueProblem)>();
        var kept = new Dictionary<(int, int), byte[]>();
        for (var row = 0; row < page.Count; row++)
        {
            for (var column = 0; column < table.Columns.Count; column++)
            {
                if (page.IsNull(row, column))
                    continue;
                var stored = page.Column(row, column).Span;
                var emptier = new Emptier(cipher, lost, page.Key(row));
                _column.Clear();
                if (!table.Columns[column].Walk(stored, emptier, _column))
                    continue;
                if (renew is not null)
                {
                    changes.Set(row, column, renew(_column.WrittenSpan.ToArray()));
                    continue;
                }

                if (table.Columns[column].IsJson || table.NeverNull.Contains(table.Columns[column]))
                    changes.Set(row, column, _column.WrittenSpan);
                else
                    changes.SetNull(row, column);       // as PMM leaves a secret that is not there: its columns refuse ''
                kept.Add((row, column), Keep(table.Columns[column], stored));
                foreach (var value in emptier.Found)
                    values.Add((row, value));
            }
        }

        return new LostRows(changes, values, kept);
    }

    /// <summary>The column as stored, but for secrets in the clear: those stay in the database, and have no place in a file.</summary>
    private byte[] Keep(EncryptedColumn column, ReadOnlySpan<byte> stored)
    {
        _column.Clear();
        return column.Walk(stored, new ClearEmptier(cipher), _column) ? _column.WrittenSpan.ToArray() : stored.ToArray();
    }

    private sealed class Emptier(FieldCipher cipher, IReadOnlyCollection<uint> lost, RowKey row) : IFieldVisitor
    {
        public List<ValueProblem> Found { get; } = [];

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            var value = cipher.Inspect(stored);
            if (value.State != StoredValueState.UnknownKey || !lost.Contains(value.KeyId))
                return false;
            Found.Add(ValueProblem.Of(field, row, value));
            return true;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason)
        {
            // It stays as it is, and the census names it.
        }
    }

    private sealed class ClearEmptier(FieldCipher cipher) : IFieldVisitor
    {
        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement) =>
            cipher.Inspect(stored).State is StoredValueState.Clear;

        public void VisitMalformed(EncryptedField field, MalformedReason reason)
        {
            // What is no value of a field is kept as it is.
        }
    }
}
