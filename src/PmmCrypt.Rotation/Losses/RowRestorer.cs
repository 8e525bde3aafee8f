using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation.Losses;

/// <summary>Decides, value by value, what of a backup file goes back into a row.</summary>
/// <param name="table">The row's table.</param>
/// <param name="cipher">The keys.</param>
/// <param name="format">The format of the database; <see cref="StoredFormat.Unknown"/> to keep each value's own.</param>
/// <param name="lostKeys">The keys that values were moved for; null where the file does not say: PMM's holds other values too.</param>
/// <param name="presentKeys">Keys of the key file, which nobody has said were lost.</param>
internal sealed class RowRestorer(
    TableLayout table, FieldCipher cipher, StoredFormat format, IReadOnlyCollection<uint>? lostKeys, IReadOnlySet<uint> presentKeys)
{
    private readonly ArrayBufferWriter<byte> _column = new();
    private readonly ArrayBufferWriter<byte> _kept = new();
    private readonly ArrayBufferWriter<byte> _now = new();
    private readonly ProvenEncryption _encryption = new(cipher);
    private readonly IReadOnlyList<ValuePlaces> _places = [.. table.Columns.Select(column => new ValuePlaces(column))];

    /// <summary>Adds what is to be replaced in a row, and says what becomes of each value.</summary>
    public RestorationTally Restore(RowPage page, int row, IReadOnlyDictionary<ValuePlace, byte[]> values, RowChanges changes)
    {
        var tally = new RestorationTally();
        var seen = new HashSet<ValuePlace>();
        for (var column = 0; column < table.Columns.Count; column++)
        {
            if (page.IsNull(row, column) && table.Columns[column].IsJson)
                continue;
            var stored = page.IsNull(row, column) ? default : page.Column(row, column).Span;
            _places[column].Read(stored);
            var visitor = new Visitor(this, _places[column], page.Key(row), values, tally, seen);
            _column.Clear();
            var before = tally.Restored.Count;
            if (table.Columns[column].Walk(stored, visitor, _column))
                changes.Set(row, column, _column.WrittenSpan);
            else
                TakeBack(tally, before);
        }

        foreach (var (place, value) in values.Where(value => !seen.Contains(value.Key)))
            Leave(place.Field, page.Key(row), value, place.WhyGone, tally);
        return tally;
    }

    /// <summary>Names the values of a row that is not there.</summary>
    public void Gone(string key, IReadOnlyDictionary<ValuePlace, byte[]> values, RestorationTally tally)
    {
        foreach (var (place, value) in values)
            Leave(place.Field, new RowKey(key.Split('\0')), value, "its row is gone", tally);
    }

    /// <summary>A document that breaks off behind a field is not written, whatever was found for the field.</summary>
    private static void TakeBack(RestorationTally tally, int from)
    {
        tally.Left.AddRange(tally.Restored.Skip(from).Select(value => value with { What = "its document cannot be read to the end" }));
        tally.Restored.RemoveRange(from, tally.Restored.Count - from);
    }

    private void Leave(EncryptedField field, RowKey row, byte[] kept, string why, RestorationTally tally)
    {
        var value = cipher.Inspect(kept);
        if (WasLost(value))
            tally.Left.Add(new ValueProblem(field, row, why, value.Format, value.KeyId));
    }

    /// <summary>
    /// Whether a value of the file was lost. PMM's files have every value of their rows: one that was in the clear, or under a key that is the
    /// primary still, was not, and who has emptied its field since meant that.
    /// </summary>
    private bool WasLost(StoredValue kept) => kept.State is not (StoredValueState.Clear or StoredValueState.Empty)
        && (lostKeys is null ? kept.KeyId != cipher.PrimaryKeyId : lostKeys.Contains(kept.KeyId));

    private bool Restore(
        EncryptedField field, RowKey row, ReadOnlySpan<byte> kept, ReadOnlySpan<byte> stored, RestorationTally tally,
        IBufferWriter<byte> replacement)
    {
        try
        {
            var before = cipher.Open(kept, _kept);
            if (!WasLost(before))
                return false;
            var now = cipher.Open(stored, _now);
            // Nothing is there; or the very value, in a layer of PMM's, which keeps what it could not open as if it were the secret.
            var isAsLost = now.State == StoredValueState.Empty || _now.WrittenSpan.SequenceEqual(kept) || stored.SequenceEqual(kept);
            if (before.State != StoredValueState.Opened && isAsLost)
            {
                tally.Unopened.Add(ValueProblem.Of(field, row, before));
                return false;
            }

            if (before is { State: StoredValueState.Opened, SecretKeyId: { } inner } && isAsLost)
            {
                // As likely a layer of a key that is not there as a secret: put back, it would be used as the secret.
                tally.Unopened.Add(new ValueProblem(
                    field, row, $"opens to what looks like a ciphertext under key {inner}, which is not there", before.Format, inner));
                return false;
            }

            if (lostKeys is null && now.State == StoredValueState.Empty && presentKeys.Contains(before.KeyId))
            {
                tally.Left.Add(new ValueProblem(
                    field, row, $"its key {before.KeyId} is in the key file, so it may have been emptied since on purpose", before.Format,
                    before.KeyId));
                return false;
            }

            if (format != StoredFormat.Unknown && !field.IsEncryptedIn(format))
            {
                tally.Left.Add(new ValueProblem(
                    field, row, "the service reads this field in the clear by now: enter it anew", before.Format, before.KeyId));
                return false;
            }

            var isThere = before.State == StoredValueState.Opened && now.State == StoredValueState.Opened
                && _now.WrittenSpan.SequenceEqual(_kept.WrittenSpan);
            if (isThere && now.Layers == 1 && now.KeyId == cipher.PrimaryKeyId)
            {
                tally.InPlace++;
                return false;
            }

            // Under layers, or another key, it is there, and is brought under the primary.
            if (!isThere && now.State != StoredValueState.Empty)
            {
                tally.Left.Add(new ValueProblem(field, row, "another value is in its place", before.Format, before.KeyId));
                return false;
            }

            var written = format != StoredFormat.Unknown && field.IsEncryptedIn(format) ? format : before.Format;
            _encryption.Write(field, _kept.WrittenSpan, written, replacement);
            tally.Restored.Add(new ValueProblem(field, row, $"put back, from key {before.KeyId}", written, before.KeyId));
            return true;
        }
        finally
        {
            _kept.Clear();
            _now.Clear();
        }
    }

    private sealed class Visitor(
        RowRestorer restorer, ValuePlaces places, RowKey row, IReadOnlyDictionary<ValuePlace, byte[]> values, RestorationTally tally,
        HashSet<ValuePlace> seen) : IFieldVisitor
    {
        public bool VisitsEmpty => true;

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement) =>
            places.Next(field) is { } place && values.TryGetValue(place, out var kept) && seen.Add(place)
            && restorer.Restore(field, row, kept, stored, tally, replacement);

        public void VisitMalformed(EncryptedField field, MalformedReason reason)
        {
            // What stands there is no value; that of the file is named as one whose place is gone.
        }
    }
}
