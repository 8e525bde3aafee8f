using System.ComponentModel;
using PmmCrypt.Metadata;

namespace PmmCrypt.Fields;

/// <summary>
/// What <c>EncryptFields</c> and <c>DecryptFields</c> do with each encrypted property on their way over an entity. Called by generated
/// code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class FieldChange
{
    /// <summary>Values become ciphertexts.</summary>
    public static FieldChange Encrypting(FieldCipher cipher) => new Encryption(cipher ?? throw new ArgumentNullException(nameof(cipher)));

    /// <summary>Ciphertexts become values.</summary>
    public static FieldChange Decrypting(FieldCipher cipher) => new Decryption(cipher ?? throw new ArgumentNullException(nameof(cipher)));

    /// <summary>What becomes of a text.</summary>
    /// <exception cref="FieldDecryptionException">It does not open.</exception>
    public abstract string? Apply(string? value, EncryptedField field);

    /// <summary>
    /// What becomes of a typed value. One that is decrypted already stays, as does the empty text where no value is written so.
    /// </summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="secret">The value, or the text that is stored.</param>
    /// <param name="text">How the type's values are written.</param>
    /// <param name="field">The field that it belongs to.</param>
    /// <exception cref="FieldDecryptionException">It does not open, or opens to a text that is no such value's.</exception>
    /// <exception cref="ArgumentException">The value's text is a ciphertext itself, or cannot be read back.</exception>
    public abstract Secret<T> Apply<T>(Secret<T> secret, SecretText<T> text, EncryptedField field)
        where T : notnull;

    /// <inheritdoc cref="Apply{T}(Secret{T}, SecretText{T}, EncryptedField)"/>
    public Secret<T>? Apply<T>(Secret<T>? secret, SecretText<T> text, EncryptedField field)
        where T : notnull => secret is { } there ? Apply(there, text, field) : null;

    private sealed class Encryption(FieldCipher cipher) : FieldChange
    {
        public override string? Apply(string? value, EncryptedField field) => cipher.Encrypt(value, field);

        public override Secret<T> Apply<T>(Secret<T> secret, SecretText<T> text, EncryptedField field) => Secret<T>.FromStored(
            secret.HasValue ? text.Encrypt(secret.Value, cipher, field) : cipher.Encrypt(secret.Stored, field));
    }

    private sealed class Decryption(FieldCipher cipher) : FieldChange
    {
        public override string? Apply(string? value, EncryptedField field) => cipher.Decrypt(value, field);

        public override Secret<T> Apply<T>(Secret<T> secret, SecretText<T> text, EncryptedField field)
        {
            if (!secret.IsStored)
                return secret;
            if (secret.Stored is not { Length: > 0 } stored)
                return text.TryParse("", out var empty) ? empty : secret;
            return cipher.Decrypt<PlaintextAsSecret<T>, T>(stored, field, new PlaintextAsSecret<T>(text));
        }
    }
}
