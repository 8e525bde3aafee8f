using PmmCrypt.Aead;

namespace PmmCrypt.Fields;

/// <summary>How much room a ciphertext takes as it is stored. Every character of it is ASCII: one byte each.</summary>
public static class CiphertextSize
{
    /// <summary>How many characters the ciphertext of a plaintext takes.</summary>
    /// <param name="plaintextBytes">The plaintext's size in UTF-8.</param>
    /// <param name="format">The format that it is stored in.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative, or the format is none.</exception>
    public static long Of(int plaintextBytes, StoredFormat format)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(plaintextBytes);
        var bytes = (long)plaintextBytes + KeysetAead.Overhead;
        return PrefixOf(format) + ((bytes + 2) / 3 * 4);
    }

    /// <summary>The largest plaintext whose ciphertext fits, in bytes of UTF-8; null where not even that of one byte does.</summary>
    /// <param name="characters">How many characters there is room for.</param>
    /// <param name="format">The format that it is stored in.</param>
    /// <exception cref="ArgumentOutOfRangeException">The room is negative, or the format is none.</exception>
    public static int? LargestPlaintext(int characters, StoredFormat format)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(characters);
        var bytes = ((characters - PrefixOf(format)) / 4 * 3) - KeysetAead.Overhead;
        return bytes > 0 ? bytes : null;
    }

    private static int PrefixOf(StoredFormat format) => format switch
    {
        StoredFormat.Legacy => 0,
        StoredFormat.Envelope => CiphertextText.EnvelopePrefix.Length,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "A stored format is Legacy or Envelope."),
    };
}
