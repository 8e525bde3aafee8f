using System.Diagnostics;

namespace PmmCrypt.Keysets;

/// <summary>
/// The keys of a key file, read only. One is the primary: it encrypts. Every enabled one opens. To change a keyset, use a
/// <see cref="KeysetManager"/>, which makes a new one.
/// </summary>
/// <remarks>Whatever a keyset prints, in a log or in a debugger, is ids, statuses and check values.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class Keyset : IDisposable
{
    private readonly KeysetKey[] _keys;

    /// <summary>Makes a keyset of these keys and owns them from then on.</summary>
    /// <exception cref="InvalidKeysetException">
    /// An invariant of <see cref="KeysetValidator"/> does not hold. The keys are the caller's still.
    /// </exception>
    internal Keyset(uint primaryId, IEnumerable<KeysetKey> keys)
    {
        _keys = [.. keys];
        Primary = KeysetValidator.Validate(primaryId, _keys);
        Waiting = [.. _keys.SkipWhile(key => key != Primary).Skip(1).Where(key => key.Status == KeyStatus.Enabled)];
    }

    /// <summary>The keys, in the order of the file.</summary>
    public IReadOnlyList<KeysetKey> Keys => _keys;

    /// <summary>The key that encrypts.</summary>
    public KeysetKey Primary { get; }

    /// <summary>
    /// The enabled keys that stand after the primary in the file: added, known to whoever has loaded the file, and not yet promoted.
    /// <see cref="KeysetManager"/> lets one wait; a file that something else wrote may hold more.
    /// </summary>
    /// <remarks>
    /// A promoted key moves to the end of the file, so a key that it replaced stands before it and is never taken for a waiting one.
    /// </remarks>
    public IReadOnlyList<KeysetKey> Waiting { get; }

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

    /// <summary>Overwrites the key bytes with zeros. What uses a key afterwards fails: zeros are never taken for a key.</summary>
    public void Dispose()
    {
        foreach (var key in _keys)
            key.Clear();
    }
}
