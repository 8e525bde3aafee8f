using System.ComponentModel;
using PmmCrypt.Metadata;

namespace PmmCrypt.Fields;

/// <summary>
/// What <c>EncryptFields</c> and <c>DecryptFields</c> do with each encrypted property on their way over an entity. Called by generated
/// code.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public readonly struct FieldChange
{
    private readonly FieldCipher _cipher;
    private readonly bool _decrypts;

    private FieldChange(FieldCipher cipher, bool decrypts)
    {
        ArgumentNullException.ThrowIfNull(cipher);
        _cipher = cipher;
        _decrypts = decrypts;
    }

    /// <summary>Values become ciphertexts.</summary>
    public static FieldChange Encrypting(FieldCipher cipher) => new(cipher, decrypts: false);

    /// <summary>Ciphertexts become values.</summary>
    public static FieldChange Decrypting(FieldCipher cipher) => new(cipher, decrypts: true);

    /// <summary>What becomes of a text.</summary>
    /// <exception cref="FieldDecryptionException">It does not open.</exception>
    public string? Apply(string? value, EncryptedField field) =>
        _decrypts ? _cipher.Decrypt(value, field) : _cipher.Encrypt(value, field);

    /// <summary>
    /// What becomes of a typed value. One that is decrypted already stays, as does the empty text where no value is written so.
    /// </summary>
    /// <typeparam name="T">The value's type.</typeparam>
    /// <param name="secret">The value, or the text that is stored.</param>
    /// <param name="text">How the type's values are written.</param>
    /// <param name="field">The field that it belongs to.</param>
    /// <exception cref="FieldDecryptionException">It does not open, or opens to a text that is no such value's.</exception>
    /// <exception cref="ArgumentException">The value's text is a ciphertext itself, or cannot be read back.</exception>
    public Secret<T> Apply<T>(Secret<T> secret, SecretText<T> text, EncryptedField field)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(field);
        if (!_decrypts)
        {
            return Secret<T>.FromStored(
                secret.HasValue ? text.Encrypt(secret.Value, _cipher, field) : _cipher.Encrypt(secret.Stored, field));
        }

        if (!secret.IsStored)
            return secret;
        if (secret.Stored is not { Length: > 0 } stored)
            return text.TryParse("", out var empty) ? empty : secret;
        return _cipher.Decrypt<PlaintextAsSecret<T>, T>(stored, field, new PlaintextAsSecret<T>(text));
    }

    /// <inheritdoc cref="Apply{T}(Secret{T}, SecretText{T}, EncryptedField)"/>
    public Secret<T>? Apply<T>(Secret<T>? secret, SecretText<T> text, EncryptedField field)
        where T : notnull => secret is { } there ? Apply(there, text, field) : null;
}
