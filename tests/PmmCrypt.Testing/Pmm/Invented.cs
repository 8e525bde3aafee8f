using System.Globalization;
using System.Text;

namespace PmmCrypt.Testing.Pmm;

/// <summary>Values that nobody uses, each derived from a word, a purpose and a row: quickly, for a million are made at a time.</summary>
internal sealed class Invented(string word)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const int PemLine = 64;

    /// <summary>Text of base64 characters, as hard to compress as what it stands for.</summary>
    public string Text(int length, string purpose, int row) => string.Create(length, State(purpose, row), static (span, state) =>
    {
        var bits = 0UL;
        for (var i = 0; i < span.Length; i++)
        {
            if (i % 10 == 0) bits = Next(ref state);
            span[i] = Alphabet[(int)(bits & 63)];
            bits >>= 6;
        }
    });

    /// <summary>A number from low to high.</summary>
    public int Size(int low, int high, string purpose, int row)
    {
        var state = State(purpose, row);
        return low + (int)(Next(ref state) % (ulong)(high - low + 1));
    }

    /// <summary>An id in PMM's form.</summary>
    public string Uuid(string purpose, int row) => new Guid(Bytes(16, purpose, row)).ToString();

    /// <summary>Any bytes.</summary>
    public byte[] Bytes(int length, string purpose, int row)
    {
        var state = State(purpose, row);
        var bytes = new byte[length];
        for (var i = 0; i < length; i++) bytes[i] = (byte)Next(ref state);
        return bytes;
    }

    /// <summary>
    /// Lines in a frame, as certificates and keys come; about <paramref name="length"/> characters between them, of which the first are
    /// <paramref name="marker"/>.
    /// </summary>
    public string Pem(string label, int length, string purpose, int row, string marker = "")
    {
        var body = marker + Text(length - marker.Length, purpose, row);
        var pem = new StringBuilder(length + 128).Append(CultureInfo.InvariantCulture, $"-----BEGIN {label}-----\n");
        for (var at = 0; at < length; at += PemLine) pem.Append(body.AsSpan(at, Math.Min(PemLine, length - at))).Append('\n');
        return pem.Append(CultureInfo.InvariantCulture, $"-----END {label}-----\n").ToString();
    }

    /// <summary>FNV-1a: stable over processes and versions, which string.GetHashCode is not.</summary>
    private ulong State(string purpose, int row)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in word) hash = (hash ^ c) * 1099511628211UL;
        foreach (var c in purpose) hash = (hash ^ c) * 1099511628211UL;
        hash ^= (ulong)row * 0x9E3779B97F4A7C15UL;
        return Next(ref hash);
    }

    /// <summary>SplitMix64.</summary>
    private static ulong Next(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
