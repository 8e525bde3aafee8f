using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using PmmCrypt.Aead;

namespace PmmCrypt.Fields;

/// <summary>A ciphertext as text: its two stored formats, and what has their shape. Strict, where .NET's decoder is not.</summary>
internal static class CiphertextText
{
    /// <summary>The shortest ciphertext: of the empty plaintext, in bytes. (It is never written, but it is read.)</summary>
    private const int ShortestSize = KeysetAead.Overhead;

    private static readonly SearchValues<byte> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    /// <summary>The prefix of the envelope format.</summary>
    public static ReadOnlySpan<byte> EnvelopePrefix => "pmm1$"u8;

    /// <summary>The format that a stored value would be in, and its base64.</summary>
    public static StoredFormat Split(ReadOnlySpan<byte> stored, out ReadOnlySpan<byte> base64)
    {
        if (stored.StartsWith(EnvelopePrefix))
        {
            base64 = stored[EnvelopePrefix.Length..];
            return StoredFormat.Envelope;
        }

        base64 = stored;
        return StoredFormat.Legacy;
    }

    /// <summary>Whether this could begin a ciphertext: cheap, and false for nearly every plaintext.</summary>
    public static bool MayBegin(ReadOnlySpan<char> text) =>
        text.StartsWith("pmm1$", StringComparison.Ordinal)
            || (text.Length > 1 && text[0] == 'A' && text[1] is (>= 'Q' and <= 'Z') or (>= 'a' and <= 'f'));

    /// <summary>
    /// Decodes padded standard base64 that .NET's decoder would also take with blanks in it or with stray bits at its end. What is not
    /// exactly what an encoder writes has not the shape of a ciphertext.
    /// </summary>
    /// <param name="base64">The text.</param>
    /// <param name="message">A rented buffer that begins with the ciphertext; to be given back, cleared, by the caller.</param>
    /// <param name="size">The size of the ciphertext, in bytes.</param>
    public static bool TryDecode(ReadOnlySpan<byte> base64, [NotNullWhen(true)] out byte[]? message, out int size)
    {
        message = null;
        size = 0;
        if (base64.IsEmpty || base64.Length % 4 != 0 || base64[0] != (byte)'A' || !IsStrict(base64))
            return false;
        var buffer = ArrayPool<byte>.Shared.Rent(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        if (Base64.DecodeFromUtf8(base64, buffer, out _, out size) == OperationStatus.Done && size >= ShortestSize
            && buffer[0] == KeysetAead.Version)
        {
            message = buffer;
            return true;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return false;
    }

    /// <summary>
    /// Whether the text begins as every ciphertext under this key begins. 40 bits are fixed: six characters, and all but two bits of the
    /// seventh. What so begins and yet has not the shape of a ciphertext is a damaged one, not a plaintext.
    /// </summary>
    public static bool BeginsAsUnder(uint keyId, ReadOnlySpan<byte> base64)
    {
        if (base64.Length < 7)
            return false;
        Span<byte> prefix = [KeysetAead.Version, (byte)(keyId >> 24), (byte)(keyId >> 16), (byte)(keyId >> 8), (byte)keyId, 0];
        Span<byte> text = stackalloc byte[8];
        Base64.EncodeToUtf8(prefix, text, out _, out _);
        return base64[..6].SequenceEqual(text[..6]) && Sextet(base64[6]) >> 2 == Sextet(text[6]) >> 2;
    }

    private static bool IsStrict(ReadOnlySpan<byte> base64)
    {
        var padding = base64[^1] != (byte)'=' ? 0 : base64[^2] != (byte)'=' ? 1 : 2;
        var digits = base64[..^padding];
        if (digits.ContainsAnyExcept(Alphabet))
            return false;
        var strayBits = padding switch { 1 => 0b11, 2 => 0b1111, _ => 0 };
        return (Sextet(digits[^1]) & strayBits) == 0;
    }

    private static int Sextet(byte digit) => digit switch
    {
        >= (byte)'A' and <= (byte)'Z' => digit - 'A',
        >= (byte)'a' and <= (byte)'z' => digit - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => digit - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };
}
