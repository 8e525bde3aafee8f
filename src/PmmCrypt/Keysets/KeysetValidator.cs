namespace PmmCrypt.Keysets;

/// <summary>
/// What holds of every <see cref="Keyset"/>; there is no way to make one of which it does not.
/// <list type="number">
/// <item>There is at least one key.</item>
/// <item>No key has the id 0, which in Tink's format is the same as none.</item>
/// <item>No two keys have the same id: a ciphertext names its key by it.</item>
/// <item>Every key is <see cref="KeyStatus.Enabled"/> or <see cref="KeyStatus.Disabled"/>. Tink refuses a destroyed one, which has no
/// bytes.</item>
/// <item>Every key has 32 bytes (<see cref="KeysetKey"/> itself refuses others).</item>
/// <item>Exactly one key is the primary, and it is enabled.</item>
/// </list>
/// What Tink's serialization can say besides (types, prefixes, versions) is refused where it is read:
/// <see cref="InsecureCleartextKeyset"/>.
/// </summary>
internal static class KeysetValidator
{
    /// <summary>Returns the primary of a keyset of which all of this holds.</summary>
    /// <exception cref="InvalidKeysetException">One does not. It names the key and the reason.</exception>
    public static KeysetKey Validate(uint primaryId, IReadOnlyList<KeysetKey> keys)
    {
        if (keys.Count == 0)
            throw new InvalidKeysetException("the keyset has no key");
        var ids = new HashSet<uint>();
        foreach (var key in keys)
        {
            if (key.Id == 0)
                throw new InvalidKeysetException("a key has the id 0, which Tink takes for none", 0);
            if (!ids.Add(key.Id))
                throw new InvalidKeysetException($"key {key.Id}: two keys have this id", key.Id);
            if (key.Status is not (KeyStatus.Enabled or KeyStatus.Disabled))
                throw new InvalidKeysetException($"key {key.Id}: its status is neither ENABLED nor DISABLED", key.Id);
        }

        if (primaryId == 0)
            throw new InvalidKeysetException("the keyset names no primary key", primaryId);
        var primary = keys.FirstOrDefault(key => key.Id == primaryId)
            ?? throw new InvalidKeysetException($"key {primaryId}: it is to be the primary, and is not in the keyset", primaryId);
        return primary.Status == KeyStatus.Enabled
            ? primary
            : throw new InvalidKeysetException($"key {primaryId}: it is the primary, and disabled", primaryId);
    }
}
