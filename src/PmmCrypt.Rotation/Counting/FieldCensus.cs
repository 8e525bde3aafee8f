using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Counting;

/// <summary>How the values of one field are stored: how many under which key, in which format, in the clear, and unreadable.</summary>
public sealed class FieldCensus
{
    private readonly Dictionary<(uint KeyId, StoredFormat Format), long> _encrypted = [];

    internal FieldCensus(EncryptedField field) => Field = field;

    /// <summary>The field.</summary>
    public EncryptedField Field { get; }

    /// <summary>Values that opened, by the key and format of their outermost layer.</summary>
    public IReadOnlyDictionary<(uint KeyId, StoredFormat Format), long> Encrypted => _encrypted;

    /// <summary>Values that opened.</summary>
    public long Opened => _encrypted.Values.Sum();

    /// <summary>Values in the clear.</summary>
    public long Clear { get; private set; }

    /// <summary>Values that do not open.</summary>
    public long Unreadable { get; private set; }

    /// <summary>Values that opened under more than one layer.</summary>
    public long Layered { get; private set; }

    /// <summary>Values that opened, off the primary key or under more than one layer: what rotation would rewrite.</summary>
    public long Stale { get; private set; }

    /// <summary>Values that opened under a key that is not the primary.</summary>
    public long OffPrimary { get; private set; }

    /// <summary>Secrets that look like a ciphertext themselves.</summary>
    public long LooksEncrypted { get; private set; }

    internal void Add(StoredValue value, uint primaryKeyId)
    {
        switch (value.State)
        {
            case StoredValueState.Empty:
                return;
            case StoredValueState.Clear:
                Clear++;
                return;
            case StoredValueState.Opened:
                var place = (value.KeyId, value.Format);
                _encrypted[place] = _encrypted.GetValueOrDefault(place) + 1;
                if (value.Layers > 1)
                    Layered++;
                if (value.Layers > 1 || value.KeyId != primaryKeyId)
                    Stale++;
                if (value.KeyId != primaryKeyId)
                    OffPrimary++;
                if (value.SecretLooksEncrypted)
                    LooksEncrypted++;
                return;
            default:
                Unreadable++;
                return;
        }
    }

    internal void Add(ValueCount count, uint primaryKeyId)
    {
        if (count.KeyId is not { } keyId)
        {
            Clear += count.Values;
            return;
        }

        var place = (keyId, count.Format);
        _encrypted[place] = _encrypted.GetValueOrDefault(place) + count.Values;
        if (keyId == primaryKeyId)
            return;
        Stale += count.Values;
        OffPrimary += count.Values;
    }

    internal void AddUnreadable() => Unreadable++;

    internal void Merge(FieldCensus other)
    {
        foreach (var (place, count) in other._encrypted)
            _encrypted[place] = _encrypted.GetValueOrDefault(place) + count;
        Clear += other.Clear;
        Unreadable += other.Unreadable;
        Layered += other.Layered;
        Stale += other.Stale;
        OffPrimary += other.OffPrimary;
        LooksEncrypted += other.LooksEncrypted;
    }
}
