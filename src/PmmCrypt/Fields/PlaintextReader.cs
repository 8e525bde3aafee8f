using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace PmmCrypt.Fields;

/// <summary>Makes of a plaintext what its reader wants.</summary>
internal interface IPlaintextReader<TResult>
{
    /// <summary>What it should be, in an error.</summary>
    string Noun { get; }

    /// <summary>Reads a plaintext, UTF-8. False where it cannot be such a value's.</summary>
    /// <exception cref="DecoderFallbackException">It is not UTF-8.</exception>
    bool TryRead(ReadOnlySpan<byte> plaintext, [MaybeNullWhen(false)] out TResult value);

    /// <summary>Reads a value that is stored in the clear.</summary>
    bool TryReadClear(string stored, [MaybeNullWhen(false)] out TResult value);
}

/// <summary>Strict, so that what is not text is found and not replaced.</summary>
internal static class PlaintextEncoding
{
    public static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}

/// <summary>Reads text, which every plaintext is.</summary>
internal readonly struct PlaintextAsString : IPlaintextReader<string>
{
    public string Noun => "text";

    public bool TryRead(ReadOnlySpan<byte> plaintext, out string value)
    {
        value = PlaintextEncoding.Strict.GetString(plaintext);
        return true;
    }

    public bool TryReadClear(string stored, out string value)
    {
        value = stored;
        return true;
    }
}

/// <summary>Reads the value of a <see cref="Secret{T}"/>. Its text is in no string on the way.</summary>
internal readonly struct PlaintextAsSecret<T>(SecretText<T> text) : IPlaintextReader<T>
    where T : notnull
{
    public string Noun => typeof(T).Name;

    public bool TryRead(ReadOnlySpan<byte> plaintext, [MaybeNullWhen(false)] out T value)
    {
        var rented = ArrayPool<char>.Shared.Rent(PlaintextEncoding.Strict.GetMaxCharCount(plaintext.Length));
        var chars = rented.AsSpan(0, Math.Min(rented.Length, plaintext.Length + 1));
        try
        {
            return text.TryParse(chars[..PlaintextEncoding.Strict.GetChars(plaintext, rented)], out value);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(chars));
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    public bool TryReadClear(string stored, [MaybeNullWhen(false)] out T value) => text.TryParse(stored, out value);
}
