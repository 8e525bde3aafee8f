using PmmCrypt.Keysets;
using PmmCrypt.Metadata;

namespace PmmCrypt.Fields;

/// <summary>Placeholder of the first commit: the contract that generated code is written against.</summary>
public sealed class FieldCipher(Keyset keyset, StoredFormat format)
{
    /// <summary>The format.</summary>
    public StoredFormat Format { get; } = format;

    /// <summary>The keyset.</summary>
    public Keyset Keyset { get; } = keyset;

    /// <summary>Encrypts.</summary>
    public string? Encrypt(string? plaintext, EncryptedField field) => throw new NotSupportedException(field.ToString() + plaintext + Format);

    /// <summary>Decrypts.</summary>
    public string? Decrypt(string? stored, EncryptedField field) => throw new NotSupportedException(field.ToString() + stored + Format);
}
