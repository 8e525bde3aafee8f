using PmmCrypt.Fields;
using PmmCrypt.Keysets;

namespace Accounts;

/// <summary>The key file, as it was when it was last loaded.</summary>
public sealed class Vault(string keyFile)
{
    private volatile Loaded _loaded = Load(keyFile);

    /// <summary>What encrypts and decrypts, on any thread.</summary>
    public FieldCipher Cipher => _loaded.Cipher;

    /// <summary>How many keys the file had: one that waits for a rotation is among them.</summary>
    public int Keys => _loaded.Keys;

    /// <summary>Loads the file again, after a key was added to it or promoted in it. A request that is under way keeps the cipher it has.</summary>
    public void Reload() => _loaded = Load(keyFile);

    private static Loaded Load(string path)
    {
        using var file = KeyFile.Load(path);
        // Passed: a row that `pmm-crypt init` has not come to yet, or that an old backup brought back, is read as it is.
        return new Loaded(new FieldCipher(file.Keyset, StoredFormat.Envelope, ClearText.Passed), file.Keyset.Keys.Count);
    }

    private sealed record Loaded(FieldCipher Cipher, int Keys);
}
