using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PmmCrypt.Keysets;

/// <summary>
/// Edits a copy of a keyset; <see cref="ToKeyset"/> makes the new one. An edit that would leave values unopenable, or the keyset
/// ambiguous, is refused with a <see cref="KeysetOperationException"/> and changes nothing.
/// </summary>
/// <remarks>
/// <para>Whether a key waits is told by its place: enabled, and after the primary (<see cref="Keyset.Waiting"/>). Only <see cref="Add"/>,
/// and <see cref="Merge"/> for a key that waits in the other keyset, make one wait. A key that is enabled again is put before the primary:
/// it was disabled for a reason, and the next rotation must not promote it.</para>
/// <para>The manager does not know what the database holds. Whoever disables or destroys a key has first made sure that no value needs
/// it.</para>
/// </remarks>
public sealed class KeysetManager : IDisposable
{
    private readonly List<KeysetKey> _keys;
    private uint _primaryId;

    /// <summary>Starts from a copy of this keyset, which stays the caller's.</summary>
    /// <param name="keyset">The keyset.</param>
    public KeysetManager(Keyset keyset)
    {
        ArgumentNullException.ThrowIfNull(keyset);
        _keys = [.. keyset.Keys.Select(key => key.Copy())];
        _primaryId = keyset.Primary.Id;
    }

    /// <summary>A new keyset of one key, its primary.</summary>
    public static Keyset Generate()
    {
        var key = NewKey(_ => false);
        return new Keyset(key.Id, [key]);
    }

    /// <summary>Appends a new enabled key, which then waits: it opens values, and encrypts none before it is promoted.</summary>
    /// <returns>The new key's id: random, not 0, and not in the keyset.</returns>
    /// <exception cref="KeysetOperationException">A key waits already.</exception>
    public uint Add()
    {
        if (Waiting() is { } waiting)
        {
            throw new KeysetOperationException(
                $"key {waiting.Id} is waiting already, and one may wait: promote or destroy it first", waiting.Id);
        }

        var key = NewKey(id => IndexOf(id) >= 0);
        _keys.Add(key);
        return key.Id;
    }

    /// <summary>
    /// Makes this key the primary and moves it to the end, so that every other key is before it: none waits any longer. The primary itself
    /// is left where it is.
    /// </summary>
    /// <param name="id">The key's id.</param>
    /// <exception cref="KeysetOperationException">The key is not in the keyset, or disabled.</exception>
    public void Promote(uint id)
    {
        var key = Get(id);
        if (key.Status != KeyStatus.Enabled)
            throw new KeysetOperationException($"key {id} is disabled: enable it before you promote it", id);
        if (id == _primaryId)
            return;
        _keys.Remove(key);
        _keys.Add(key);
        _primaryId = id;
    }

    /// <summary>Keeps the key, and no longer uses it: values under it do not open until it is enabled again.</summary>
    /// <param name="id">The key's id.</param>
    /// <exception cref="KeysetOperationException">The key is not in the keyset, or the primary.</exception>
    public void Disable(uint id)
    {
        var key = GetOther(id, "disabled");
        if (key.Status != KeyStatus.Disabled)
            SetStatus(key, KeyStatus.Disabled);
    }

    /// <summary>Uses the key again, to open values. If it was disabled it does not wait afterwards, wherever it stood.</summary>
    /// <param name="id">The key's id.</param>
    /// <exception cref="KeysetOperationException">The key is not in the keyset.</exception>
    public void Enable(uint id)
    {
        var key = Get(id);
        if (key.Status != KeyStatus.Enabled)
            Retire(SetStatus(key, KeyStatus.Enabled));
    }

    /// <summary>
    /// Removes the key and zeroes it. Its entry goes too: Tink would keep an entry without key data, and then refuse the file. A refused
    /// run takes back the key it added in this way.
    /// </summary>
    /// <param name="id">The key's id.</param>
    /// <exception cref="KeysetOperationException">The key is not in the keyset, or the primary.</exception>
    public void Destroy(uint id)
    {
        var key = GetOther(id, "destroyed");
        _keys.Remove(key);
        key.Clear();
    }

    /// <summary>
    /// Adds the keys of another keyset that this one lacks, so that values written on either node open here. This keyset's primary stays.
    /// A key that waits in the other keyset waits here too, if none does yet; every other new key is put before the primary, as one that
    /// only opens. Where the statuses of a key differ it is enabled: a key too many opens a value, a key too few loses it.
    /// </summary>
    /// <param name="other">The other keyset, which stays the caller's.</param>
    /// <returns>The ids of the keys that were added or enabled; none where the other keyset has nothing new.</returns>
    /// <exception cref="KeysetOperationException">A key has the same id and other bytes there. Nothing was merged.</exception>
    public IReadOnlyList<uint> Merge(Keyset other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var theirs in other.Keys)
        {
            if (IndexOf(theirs.Id) is >= 0 and var at && !_keys[at].HasSameMaterial(theirs))
            {
                throw new KeysetOperationException(
                    $"key {theirs.Id} has other bytes in the other keyset "
                    + $"(check values {_keys[at].CheckValue} here, {theirs.CheckValue} there): "
                    + "one of the two is damaged or not of this database; find out which before you merge",
                    theirs.Id);
            }
        }

        return [.. other.Keys.Where(theirs => MergeKey(theirs, other.Waiting.Contains(theirs))).Select(theirs => theirs.Id)];
    }

    /// <summary>The edited keyset, on its own copy of the keys. Dispose it to zero them.</summary>
    public Keyset ToKeyset() => new(_primaryId, _keys.Select(key => key.Copy()));

    /// <summary>Overwrites the manager's copy of the keys with zeros.</summary>
    public void Dispose() => _keys.ForEach(key => key.Clear());

    private bool MergeKey(KeysetKey theirs, bool waitsThere)
    {
        if (IndexOf(theirs.Id) is >= 0 and var at)
        {
            if (_keys[at].Status == KeyStatus.Enabled || theirs.Status != KeyStatus.Enabled)
                return false;
            Retire(SetStatus(_keys[at], KeyStatus.Enabled));
            return true;
        }

        var copy = theirs.Copy();
        if (waitsThere && Waiting() is null)
            _keys.Add(copy);
        else
            _keys.Insert(IndexOf(_primaryId), copy);
        return true;
    }

    private KeysetKey? Waiting() => _keys.Skip(IndexOf(_primaryId) + 1).FirstOrDefault(key => key.Status == KeyStatus.Enabled);

    private KeysetKey SetStatus(KeysetKey key, KeyStatus status)
    {
        var changed = key.WithStatus(status);
        _keys[_keys.IndexOf(key)] = changed;
        key.Clear();
        return changed;
    }

    /// <summary>Moves a key that stands after the primary to just before it: there it does not wait.</summary>
    private void Retire(KeysetKey key)
    {
        if (_keys.IndexOf(key) < IndexOf(_primaryId))
            return;
        _keys.Remove(key);
        _keys.Insert(IndexOf(_primaryId), key);
    }

    private KeysetKey GetOther(uint id, string what) => id == _primaryId
        ? throw new KeysetOperationException($"key {id} is the primary and cannot be {what}: promote another key and rotate first", id)
        : Get(id);

    private KeysetKey Get(uint id) => IndexOf(id) is >= 0 and var at
        ? _keys[at]
        : throw new KeysetOperationException($"key {id} is not in the keyset: list its keys to see their ids", id);

    private int IndexOf(uint id) => _keys.FindIndex(key => key.Id == id);

    private static KeysetKey NewKey(Predicate<uint> taken)
    {
        Span<byte> random = stackalloc byte[sizeof(uint)];
        uint id;
        do
        {
            RandomNumberGenerator.Fill(random);
            id = BinaryPrimitives.ReadUInt32BigEndian(random);
        }
        while (id == 0 || taken(id));

        Span<byte> material = stackalloc byte[KeysetKey.MaterialSize];
        RandomNumberGenerator.Fill(material);
        var key = new KeysetKey(id, KeyStatus.Enabled, material);
        CryptographicOperations.ZeroMemory(material);
        return key;
    }
}
