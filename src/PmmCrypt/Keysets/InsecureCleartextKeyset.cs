using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace PmmCrypt.Keysets;

/// <summary>
/// Reads and writes key files: keys in the clear. Whoever can read such a text can read every secret. It is the format that PMM has; this
/// class is the only way in and out of it, so a review of who handles keys searches for one word.
/// </summary>
/// <remarks>
/// <para>The text is standard base64 with padding, in one line, of the binary <c>Keyset</c> message of Tink; white space before and after
/// it is passed over. Of the keys, each an <c>AesGcmKey</c> of 32 bytes with the output prefix <c>TINK</c>, one is the primary. The text
/// written is the one that Tink writes for PMM, to the character.</para>
/// <para>A text is refused if writing it again would lose something: fields that this version does not know, which Tink itself passes
/// over.</para>
/// <para>The format has no checksum: of a damaged text that still is a keyset, the ids say nothing about the bytes. AES-GCM then opens
/// nothing under such a key, so damage is an error and never another plaintext; <see cref="KeysetKey.CheckValue"/> tells the two
/// apart.</para>
/// </remarks>
public static class InsecureCleartextKeyset
{
    private const string WhatItIs = "a key file is one line of base64 that holds a binary Tink keyset, and begins with the letter C";

    /// <summary>Reads the text of a key file.</summary>
    /// <param name="keyFileText">The text.</param>
    /// <returns>The keyset. Dispose it to zero its keys.</returns>
    /// <exception cref="InvalidKeysetException">It is no key file, or PMM could not use it. The message says which key and why.</exception>
    public static Keyset Read(string keyFileText)
    {
        ArgumentNullException.ThrowIfNull(keyFileText);
        var utf8 = GC.AllocateUninitializedArray<byte>(Encoding.UTF8.GetByteCount(keyFileText), pinned: true);
        try
        {
            Encoding.UTF8.GetBytes(keyFileText, utf8);
            return Read(utf8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    /// <summary>Reads the text of a key file.</summary>
    /// <param name="keyFileText">The text, in UTF-8: the bytes of the file as they are.</param>
    /// <inheritdoc cref="Read(string)" path="/returns"/>
    /// <inheritdoc cref="Read(string)" path="/exception"/>
    public static Keyset Read(ReadOnlySpan<byte> keyFileText)
    {
        var text = keyFileText.Trim(WhiteSpace);
        if (text.IsEmpty)
            throw new InvalidKeysetException($"it is empty; {WhatItIs}");
        if (text[0] == '{')
            throw new InvalidKeysetException("it is a JSON keyset of Tink; PMM takes a binary one, in base64");
        var serialized = GC.AllocateUninitializedArray<byte>(Base64.GetMaxDecodedFromUtf8Length(text.Length), pinned: true);
        try
        {
            if (text.ContainsAny(Spaces) && !text.ContainsAnyExcept(Base64AndSpace))
                throw new InvalidKeysetException($"there is white space within the base64; {WhatItIs}");
            if (!TryDecode(text, serialized, out var length))
                throw new InvalidKeysetException($"{DescribeNoBase64(keyFileText)}; {WhatItIs}");
            return Parse(text, serialized.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(serialized);
        }
    }

    /// <summary>Writes the text of a key file. A string cannot be overwritten: it stays in memory until its place is used again.</summary>
    /// <param name="keyset">The keyset.</param>
    /// <returns>The text that PMM itself would write: base64 in one line, without a line end.</returns>
    /// <exception cref="ObjectDisposedException">The keyset was disposed.</exception>
    public static string Write(Keyset keyset)
    {
        var utf8 = WriteUtf8(keyset);
        try
        {
            return Encoding.ASCII.GetString(utf8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    /// <summary>Writes the text of a key file into a new array, which the caller zeroes after use.</summary>
    /// <inheritdoc cref="Write" path="/param"/>
    /// <returns>The text of <see cref="Write"/>, in ASCII.</returns>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static byte[] WriteUtf8(Keyset keyset)
    {
        ArgumentNullException.ThrowIfNull(keyset);
        var serialized = TinkFormat.Serialize(keyset);
        try
        {
            var text = GC.AllocateUninitializedArray<byte>(Base64.GetMaxEncodedToUtf8Length(serialized.Length), pinned: true);
            Base64.EncodeToUtf8(serialized, text, out _, out _);
            return text;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(serialized);
        }
    }

    private static Keyset Parse(ReadOnlySpan<byte> text, ReadOnlySpan<byte> serialized)
    {
        try
        {
            return TinkFormat.Parse(serialized);
        }
        catch (InvalidKeysetException invalid) when (invalid.KeyId is null && DescribeBareKey(text, serialized) is { } bareKey)
        {
            throw new InvalidKeysetException($"{bareKey}; {WhatItIs}");
        }
    }

    /// <summary>
    /// Strictly: the last character's unused bits are zero, as Tink writes them, or a damaged character would go unseen. .NET 10 refuses
    /// others itself, but nothing says that it will go on doing so.
    /// </summary>
    private static bool TryDecode(ReadOnlySpan<byte> text, Span<byte> decoded, out int length)
    {
        if (Base64.DecodeFromUtf8(text, decoded, out _, out length) != OperationStatus.Done)
            return false;
        var again = GC.AllocateUninitializedArray<byte>(Base64.GetMaxEncodedToUtf8Length(length), pinned: true);
        Base64.EncodeToUtf8(decoded[..length], again, out _, out _);
        var same = text.SequenceEqual(again);
        CryptographicOperations.ZeroMemory(again);
        return same;
    }

    private static string DescribeNoBase64(ReadOnlySpan<byte> file) => file.Length == KeysetKey.MaterialSize
        ? "it is not base64: 32 raw bytes, perhaps a bare key, without the keyset around it"
        : "it is not base64";

    private static string? DescribeBareKey(ReadOnlySpan<byte> text, ReadOnlySpan<byte> decoded)
    {
        if (text.Length >= KeysetKey.MaterialSize && !text.ContainsAnyExcept(Hexadecimal))
            return "it is hexadecimal, perhaps a bare key, without the keyset around it";
        return decoded.Length == KeysetKey.MaterialSize ? "it is a bare key of 32 bytes, without the keyset around it" : null;
    }

    private static ReadOnlySpan<byte> WhiteSpace => " \t\r\n\v\f"u8;

    private static readonly SearchValues<byte> Spaces = SearchValues.Create(WhiteSpace);
    private static readonly SearchValues<byte> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF"u8);
    private static readonly SearchValues<byte> Base64AndSpace =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n\v\f"u8);
}
