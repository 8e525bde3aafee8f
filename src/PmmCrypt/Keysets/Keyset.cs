namespace PmmCrypt.Keysets;

/// <summary>
/// The keys of a key file, read only. One is the primary: it encrypts. Every enabled one opens. To change a keyset, use a
/// <c>KeysetManager</c>, which makes a new one.
/// </summary>
public sealed class Keyset : IDisposable
{
    private readonly KeysetKey[] _keys;

    internal Keyset(uint primaryId, IEnumerable<KeysetKey> keys)
    {
        _keys = [.. keys];
        Primary = _keys.Single(key => key.Id == primaryId);
    }

    /// <summary>The keys, in the order of the file.</summary>
    public IReadOnlyList<KeysetKey> Keys => _keys;

    /// <summary>The key that encrypts.</summary>
    public KeysetKey Primary { get; }

    /// <summary>The key with this id, whatever its status; null where there is none.</summary>
    public KeysetKey? Find(uint id)
    {
        foreach (var key in _keys)
        {
            if (key.Id == id)
                return key;
        }

        return null;
    }

    /// <summary>Ids and statuses; no byte of any key.</summary>
    public override string ToString() =>
        string.Join(", ", _keys.Select(key => key == Primary ? $"{key} (primary)" : key.ToString()));

    /// <summary>Overwrites the key bytes with zeros.</summary>
    public void Dispose()
    {
        foreach (var key in _keys)
            key.Clear();
    }
}
