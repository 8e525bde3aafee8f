using System.Buffers.Binary;

namespace PmmCrypt.Rotation.Stores;

/// <summary>How a ciphertext under a key begins, by which a database can tell it without having the key.</summary>
public static class CiphertextPrefix
{
    /// <summary>How many characters: the version and the key's id fix six of base64, and the upper four bits of the seventh.</summary>
    public const int Length = 7;

    /// <summary>
    /// The fewest characters that a ciphertext's base64 has: of no plaintext at all. What is shorter, or no multiple of four, is damaged.
    /// </summary>
    public const int ShortestText = 44;

    /// <summary>What stands before it in the envelope format.</summary>
    public const string Envelope = "pmm1$";

    /// <summary>The four beginnings that a ciphertext under this key can have: base64, <see cref="Length"/> characters each.</summary>
    public static IReadOnlyList<string> Of(uint keyId)
    {
        Span<byte> head = stackalloc byte[6];
        head[0] = 0x01;
        BinaryPrimitives.WriteUInt32BigEndian(head[1..], keyId);
        var prefixes = new string[4];
        for (var i = 0; i < prefixes.Length; i++)
        {
            head[5] = (byte)(i << 6);       // the first two bits of the nonce
            prefixes[i] = Convert.ToBase64String(head)[..Length];
        }

        return prefixes;
    }
}
