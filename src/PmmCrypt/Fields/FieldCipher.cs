using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using PmmCrypt.Aead;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;

namespace PmmCrypt.Fields;

/// <summary>
/// Turns a plaintext into the value that is stored, and back, in PMM's two formats. For use on any thread; it owns copies of the
/// keyset's keys until it is disposed.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Null and the empty string are stored as they are.</item>
/// <item>A value has the shape of a ciphertext if it is padded standard base64, to the bit, of at least 33 bytes of which the first is
/// 0x01, or is prefixed <c>pmm1$</c>. Anything else is in the clear, unless it begins with a key id of the keyset: then it is
/// damaged.</item>
/// <item>An opened value that is itself a ciphertext under a key of the keyset, and authentic, is a layer, and is opened too. What only
/// looks like one is the secret.</item>
/// </list>
/// </remarks>
public sealed class FieldCipher : IDisposable
{
    private const int ShortText = 16 << 10;
    private const int LongestUtf8 = 3;      // bytes for a UTF-16 code unit

    private readonly KeysetAead _aead;
    private readonly ClearText _clearText;

    /// <summary>Makes a cipher.</summary>
    /// <param name="keyset">The keys. They are copied: the keyset may be disposed.</param>
    /// <param name="format">The format in which values are encrypted. Both are read, whatever is written.</param>
    /// <param name="clearText">What to do with a stored value that is not encrypted.</param>
    public FieldCipher(Keyset keyset, StoredFormat format, ClearText clearText = ClearText.Refused)
    {
        ArgumentNullException.ThrowIfNull(keyset);
        _ = format.AsFlag();
        _aead = new KeysetAead(keyset);
        _clearText = clearText;
        Format = format;
        PrimaryKeyId = keyset.Primary.Id;
    }

    /// <summary>The format in which values are encrypted.</summary>
    public StoredFormat Format { get; }

    /// <summary>The id of the key that encrypts.</summary>
    public uint PrimaryKeyId { get; }

    /// <summary>The value to store for a plaintext.</summary>
    /// <param name="plaintext">The secret. Null and the empty string come back as they are.</param>
    /// <param name="field">The field that it belongs to. One that is not encrypted in this format comes back as it is.</param>
    /// <returns>The ciphertext; the argument itself where it already is an authentic one under a key of the keyset, so that encrypting an
    /// entity twice does no harm.</returns>
    /// <exception cref="ArgumentException">The string has a lone surrogate: it could not be read back.</exception>
    public string? Encrypt(string? plaintext, EncryptedField? field = null) =>
        string.IsNullOrEmpty(plaintext) || field?.IsEncryptedIn(Format) == false || IsOwnCiphertext(plaintext)
            ? plaintext
            : Seal(plaintext, field);

    /// <summary>The value to store for a text of which it is known that it is no ciphertext yet.</summary>
    /// <param name="plaintext">The text. The empty one comes back as it is.</param>
    /// <param name="field">The field that it belongs to. One that is not encrypted in this format comes back as it is.</param>
    /// <exception cref="ArgumentException">It is a ciphertext under a key of the keyset all the same: it would be opened to what is in
    /// it. Or it has a lone surrogate.</exception>
    internal string EncryptText(ReadOnlySpan<char> plaintext, EncryptedField field)
    {
        if (plaintext.IsEmpty || !field.IsEncryptedIn(Format))
            return plaintext.ToString();
        return IsOwnCiphertext(plaintext)
            ? throw new ArgumentException(
                $"{field}: the value is itself a ciphertext under a key of the keyset, and would be read as what is in it.")
            : Seal(plaintext, field);
    }

    private bool IsOwnCiphertext(ReadOnlySpan<char> text) =>
        CiphertextText.MayBegin(text) && InspectText(text).State is StoredValueState.Opened or StoredValueState.TooManyLayers;

    private string Seal(ReadOnlySpan<char> plaintext, EncryptedField? field)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Utf8Room(plaintext) + KeysetAead.Overhead);
        var secret = rented.Length;
        try
        {
            if (Utf8.FromUtf16(plaintext, rented.AsSpan(KeysetAead.PlaintextOffset), out _, out var size, replaceInvalidSequences: false)
                != OperationStatus.Done)
            {
                throw new ArgumentException(
                    $"{(field is null ? "The value" : field.ToString())} is not valid Unicode: it has a lone surrogate.");
            }

            var message = rented.AsSpan(0, size + KeysetAead.Overhead);
            _aead.Encrypt(message);
            secret = 0;         // the ciphertext lies where the plaintext was
            var prefix = Format == StoredFormat.Envelope ? "pmm1$" : "";
            return string.Create(prefix.Length + Base64.GetMaxEncodedToUtf8Length(message.Length), new TextParts(prefix, message),
                static (text, parts) =>
            {
                parts.Prefix.CopyTo(text);
                Convert.TryToBase64Chars(parts.Message, text[parts.Prefix.Length..], out _);
            });
        }
        finally
        {
            GiveBack(rented, secret);
        }
    }

    /// <summary>The plaintext of a stored value: the innermost secret, whatever layers lie over it.</summary>
    /// <param name="stored">The value as stored. Null and the empty string come back as they are.</param>
    /// <param name="field">The field that it belongs to; errors name it.</param>
    /// <exception cref="FieldDecryptionException">It does not open, or is in the clear and that was not allowed.</exception>
    public string? Decrypt(string? stored, EncryptedField? field = null) =>
        string.IsNullOrEmpty(stored) ? stored : Decrypt<PlaintextAsString, string>(stored, field, default);

    /// <summary>What a reader makes of the plaintext of a stored value that is not empty.</summary>
    internal TResult Decrypt<TReader, TResult>(string stored, EncryptedField? field, TReader reader)
        where TReader : struct, IPlaintextReader<TResult>
    {
        var size = Encoding.UTF8.GetMaxByteCount(stored.Length);
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var utf8 = rented.AsSpan(0, Encoding.UTF8.GetBytes(stored, rented));
            var value = Open(utf8, out var opened, out var plaintext);
            try
            {
                return value.State switch
                {
                    StoredValueState.Opened => reader.TryRead(plaintext, out var opens)
                        ? opens
                        : throw new FieldDecryptionException(
                            field, value, $"opens under key {value.KeyId} to a text that is no {reader.Noun}"),
                    StoredValueState.Clear when _clearText == ClearText.Passed || field?.IsEncryptedIn(Format) == false =>
                        reader.TryReadClear(stored, out var clear)
                            ? clear
                            : throw new FieldDecryptionException(field, value, $"is in the clear, and no {reader.Noun}"),
                    _ => throw new FieldDecryptionException(field, value),
                };
            }
            catch (DecoderFallbackException)
            {
                throw new FieldDecryptionException(field, value, $"opens under key {value.KeyId} to bytes that are not UTF-8 text");
            }
            finally
            {
                GiveBack(opened, plaintext.Length + KeysetAead.Overhead);
            }
        }
        finally
        {
            GiveBack(rented, size);
        }
    }

    /// <summary>How a stored value is encrypted, and whether it opens.</summary>
    public StoredValue Inspect(string? stored) => InspectText(stored);

    private StoredValue InspectText(ReadOnlySpan<char> stored)
    {
        var size = Encoding.UTF8.GetMaxByteCount(stored.Length);
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            return Inspect(rented.AsSpan(0, Encoding.UTF8.GetBytes(stored, rented)));
        }
        finally
        {
            GiveBack(rented, size);
        }
    }

    /// <inheritdoc cref="Inspect(string?)"/>
    /// <param name="stored">The value as stored, UTF-8.</param>
    public StoredValue Inspect(ReadOnlySpan<byte> stored)
    {
        var value = Open(stored, out var opened, out var plaintext);
        GiveBack(opened, plaintext.Length + KeysetAead.Overhead);
        return value;
    }

    /// <summary>Opens a stored value, UTF-8.</summary>
    /// <param name="stored">The value as stored.</param>
    /// <param name="plaintext">Takes the secret where the result is <see cref="StoredValueState.Opened"/>; the caller clears it after
    /// use.</param>
    public StoredValue Open(ReadOnlySpan<byte> stored, IBufferWriter<byte> plaintext)
    {
        ArgumentNullException.ThrowIfNull(plaintext);
        var value = Open(stored, out var opened, out var secret);
        secret.CopyTo(plaintext.GetSpan(secret.Length));        // at once: a writer that grows leaves behind what it had
        plaintext.Advance(secret.Length);
        GiveBack(opened, secret.Length + KeysetAead.Overhead);
        return value;
    }

    /// <summary>Encrypts a plaintext, UTF-8, whatever it looks like.</summary>
    /// <param name="plaintext">The secret. The empty string is stored as it is, so nobody passes it but to rewrite a ciphertext of
    /// it.</param>
    /// <param name="format">The format to write.</param>
    /// <param name="stored">Takes the value to store, UTF-8.</param>
    public void Encrypt(ReadOnlySpan<byte> plaintext, StoredFormat format, IBufferWriter<byte> stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        _ = format.AsFlag();
        var size = plaintext.Length + KeysetAead.Overhead;
        var rented = ArrayPool<byte>.Shared.Rent(size);
        var message = rented.AsSpan(0, size);
        plaintext.CopyTo(message[KeysetAead.PlaintextOffset..]);
        _aead.Encrypt(message);
        if (format == StoredFormat.Envelope)
            stored.Write(CiphertextText.EnvelopePrefix);
        Base64.EncodeToUtf8(message, stored.GetSpan(Base64.GetMaxEncodedToUtf8Length(size)), out _, out var written);
        stored.Advance(written);
        GiveBack(rented, size);
    }

    /// <summary>Releases the ciphers.</summary>
    public void Dispose() => _aead.Dispose();

    /// <summary>Opens the outermost layer with an enabled key, and those beneath it with any key of the keyset.</summary>
    /// <param name="stored">The value as stored.</param>
    /// <param name="opened">A rented buffer that holds <paramref name="plaintext"/>; null where nothing opened.</param>
    /// <param name="plaintext">The secret, where the value opened.</param>
    private StoredValue Open(ReadOnlySpan<byte> stored, out byte[]? opened, out ReadOnlySpan<byte> plaintext)
    {
        opened = null;
        plaintext = default;
        if (stored.IsEmpty)
            return new StoredValue(StoredValueState.Empty);
        var format = CiphertextText.Split(stored, out var base64);
        if (!CiphertextText.TryDecode(base64, out var message, out var size))
            return NoCiphertext(format, base64);

        var keyId = KeysetAead.KeyIdOf(message);
        var value = new StoredValue(StoredValueState.Opened, format);
        value.State = _aead.Find(keyId) switch
        {
            null => StoredValueState.UnknownKey,
            { Status: not KeyStatus.Enabled } => StoredValueState.DisabledKey,
            var key when !KeysetAead.TryDecrypt(key, message.AsSpan(0, size)) => StoredValueState.AuthenticationFailed,
            _ => StoredValueState.Opened,
        };
        if (value.State != StoredValueState.Opened)
        {
            GiveBack(message, size);
            value.SetUnopenedKey(keyId);
            return value;
        }

        value.AddLayer(keyId);
        while (TryOpenLayer(Plaintext(message, size), ref value, out var inner, out var innerSize))
        {
            GiveBack(message, size);
            (message, size) = (inner, innerSize);
            if (value.State != StoredValueState.Opened)
            {
                GiveBack(message, size);
                return value;
            }
        }

        opened = message;
        plaintext = Plaintext(message, size);
        return value;
    }

    private static ReadOnlySpan<byte> Plaintext(byte[] message, int size) =>
        message.AsSpan(KeysetAead.PlaintextOffset, size - KeysetAead.Overhead);

    private bool TryOpenLayer(ReadOnlySpan<byte> secret, ref StoredValue value, out byte[] message, out int size)
    {
        message = [];
        CiphertextText.Split(secret, out var base64);
        if (!CiphertextText.TryDecode(base64, out var decoded, out size))
            return false;
        var keyId = KeysetAead.KeyIdOf(decoded);
        if (_aead.Find(keyId) is not { } key || !KeysetAead.TryDecrypt(key, decoded.AsSpan(0, size)))
        {
            value.SecretKeyId = keyId;
            GiveBack(decoded, size);
            return false;
        }

        message = decoded;
        if (value.Layers == StoredValue.MaxLayers)
            value.State = StoredValueState.TooManyLayers;
        else
            value.AddLayer(keyId);
        return true;
    }

    private StoredValue NoCiphertext(StoredFormat format, ReadOnlySpan<byte> base64)
    {
        foreach (var keyId in _aead.KeyIds)
        {
            if (!CiphertextText.BeginsAsUnder(keyId, base64))
                continue;
            var damaged = new StoredValue(StoredValueState.Malformed, format);
            damaged.SetUnopenedKey(keyId);
            return damaged;
        }

        return format == StoredFormat.Envelope
            ? new StoredValue(StoredValueState.Malformed, format)
            : new StoredValue(StoredValueState.Clear);
    }

    /// <summary>
    /// Room for a text's UTF-8. To count the bytes takes longer than to write them, so that is done only where the longest that they could
    /// come to is much.
    /// </summary>
    private static int Utf8Room(ReadOnlySpan<char> text) =>
        text.Length <= ShortText ? text.Length * LongestUtf8 : Encoding.UTF8.GetByteCount(text);

    private static void GiveBack(byte[]? rented, int used)
    {
        if (rented is null)
            return;
        CryptographicOperations.ZeroMemory(rented.AsSpan(0, Math.Min(used, rented.Length)));
        ArrayPool<byte>.Shared.Return(rented);
    }

    private readonly ref struct TextParts(string prefix, ReadOnlySpan<byte> message)
    {
        public string Prefix { get; } = prefix;

        public ReadOnlySpan<byte> Message { get; } = message;
    }
}
