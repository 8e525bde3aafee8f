using System.Buffers.Binary;
using System.Security.Cryptography;
using PmmCrypt.Fields;

namespace PmmCrypt.Fuzzing.Oracles;

/// <summary>A key of the oracle's, and whether it is in the keyset, and enabled there.</summary>
internal sealed record HandKey(uint Id, bool IsKnown, bool IsEnabled, byte[] Material);

/// <summary>What a stored value is by the words of the design.</summary>
internal sealed record Reading(StoredValueState State)
{
    public StoredFormat Format { get; init; }

    public uint KeyId { get; init; }

    public List<uint> Layers { get; init; } = [];

    public bool SecretLooksEncrypted { get; init; }

    public byte[] Plaintext { get; init; } = [];
}

/// <summary>
/// The stored formats, read and written a second time: from the design, by other means than the product's, and slower.
/// </summary>
internal sealed class HandCipher
{
    private const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const int NonceAt = 5;
    private const int TextAt = NonceAt + 12;
    private const int TagSize = 16;

    private readonly Dictionary<uint, (HandKey Key, AesGcm Cipher)> _keys;

    public HandCipher(params HandKey[] keys) => _keys = keys.ToDictionary(key => key.Id, key => (key, new AesGcm(key.Material, TagSize)));

    public byte[] Seal(uint keyId, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, bool envelope)
    {
        var message = new byte[TextAt + plaintext.Length + TagSize];
        message[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(1), keyId);
        nonce.CopyTo(message.AsSpan(NonceAt));
        _keys[keyId].Cipher.Encrypt(nonce, plaintext, message.AsSpan(TextAt, plaintext.Length), message.AsSpan(^TagSize..));
        return [.. envelope ? "pmm1$"u8 : [], .. System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(message))];
    }

    public Reading Read(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty)
            return new Reading(StoredValueState.Empty);
        var format = stored.StartsWith("pmm1$"u8) ? StoredFormat.Envelope : StoredFormat.Legacy;
        if (Message(stored) is not { } message)
            return NoCiphertext(stored, format);
        var keyId = BinaryPrimitives.ReadUInt32BigEndian(message.AsSpan(1));
        if (!_keys.TryGetValue(keyId, out var found) || !found.Key.IsKnown)
            return new Reading(StoredValueState.UnknownKey) { Format = format, KeyId = keyId };
        if (!found.Key.IsEnabled)
            return new Reading(StoredValueState.DisabledKey) { Format = format, KeyId = keyId };
        if (Open(found.Cipher, message) is not { } plaintext)
            return new Reading(StoredValueState.AuthenticationFailed) { Format = format, KeyId = keyId };

        var layers = new List<uint> { keyId };
        var reading = new Reading(StoredValueState.Opened) { Format = format, KeyId = keyId, Layers = layers };
        while (Message(plaintext) is { } inner)
        {
            var innerId = BinaryPrimitives.ReadUInt32BigEndian(inner.AsSpan(1));
            var isKnown = _keys.TryGetValue(innerId, out var innerKey) && innerKey.Key.IsKnown;
            if (!isKnown || Open(innerKey.Cipher, inner) is not { } deeper)
                return reading with { SecretLooksEncrypted = true, Plaintext = plaintext };
            if (layers.Count == 16)
                return reading with { State = StoredValueState.TooManyLayers };
            layers.Add(innerId);
            plaintext = deeper;
        }

        return reading with { Plaintext = plaintext };
    }

    /// <summary>Whether the first 40 bits that the text stands for are a ciphertext's under a key of the keyset.</summary>
    public uint? BeginsUnder(ReadOnlySpan<byte> base64)
    {
        if (base64.Length < 7)
            return null;
        ulong bits = 0;
        foreach (var digit in base64[..7])
        {
            var value = Digits.IndexOf((char)digit, StringComparison.Ordinal);
            if (value < 0)
                return null;
            bits = (bits << 6) | (uint)value;
        }

        bits >>= 2;
        return bits >> 32 == 1 && _keys.TryGetValue((uint)bits, out var found) && found.Key.IsKnown ? (uint)bits : null;
    }

    private Reading NoCiphertext(ReadOnlySpan<byte> stored, StoredFormat format)
    {
        var isEnvelope = format == StoredFormat.Envelope;
        if (BeginsUnder(isEnvelope ? stored[5..] : stored) is { } keyId)
            return new Reading(StoredValueState.Malformed) { Format = format, KeyId = keyId };
        return isEnvelope
            ? new Reading(StoredValueState.Malformed) { Format = format }
            : new Reading(StoredValueState.Clear);
    }

    /// <summary>The ciphertext's bytes, where the text is what an encoder writes for one: nothing else encodes to it again.</summary>
    private static byte[]? Message(ReadOnlySpan<byte> stored)
    {
        var base64 = stored.StartsWith("pmm1$"u8) ? stored[5..] : stored;
        foreach (var digit in base64)
        {
            if (digit >= 0x80)
                return null;
        }

        var text = System.Text.Encoding.ASCII.GetString(base64);
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var size) || size < TextAt + TagSize || bytes[0] != 1)
            return null;
        return Convert.ToBase64String(bytes, 0, size) == text ? bytes[..size] : null;
    }

    private static byte[]? Open(AesGcm cipher, byte[] message)
    {
        var plaintext = new byte[message.Length - TextAt - TagSize];
        try
        {
            cipher.Decrypt(message.AsSpan(NonceAt, 12), message.AsSpan(TextAt, plaintext.Length), message.AsSpan(^TagSize..), plaintext);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
