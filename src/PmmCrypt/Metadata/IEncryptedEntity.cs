using PmmCrypt.Fields;

namespace PmmCrypt.Metadata;

/// <summary>An entity class whose <c>[Encrypted]</c> properties the source generator has given encryption.</summary>
public interface IEncryptedEntity
{
    /// <summary>The entity's table: key columns, encrypted columns and fields.</summary>
    static abstract EncryptedTable EncryptedTable { get; }

    /// <summary>
    /// Replaces the value of every encrypted property by its ciphertext, in the cipher's format. Null and the empty string
    /// stay as they are, as does a property that is not encrypted in that format, and a value that is already a ciphertext
    /// under a key of the cipher's keyset.
    /// </summary>
    void EncryptFields(FieldCipher cipher);

    /// <summary>Replaces the ciphertext of every encrypted property by its plaintext.</summary>
    /// <exception cref="FieldDecryptionException">
    /// A value does not open; it says which field, and which key it would take. Properties before it have been decrypted.
    /// </exception>
    void DecryptFields(FieldCipher cipher);
}
