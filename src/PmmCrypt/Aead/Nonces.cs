using System.Security.Cryptography;

namespace PmmCrypt.Aead;

/// <summary>
/// Nonces for AES-GCM: random bytes of the system's generator, each handed out once. They are drawn in bulk, per thread, because a draw
/// costs more than the encryption of a short value.
/// </summary>
internal static class Nonces
{
    /// <summary>The size of a nonce, in bytes.</summary>
    public const int Size = 12;

    private const int Drawn = 256;

    [ThreadStatic]
    private static byte[]? Pool;

    [ThreadStatic]
    private static int Used;

    /// <summary>Writes the next nonce of this thread.</summary>
    public static void Next(Span<byte> nonce)
    {
        var pool = Pool;
        if (pool is null || Used == Drawn)
        {
            pool = Pool ??= new byte[Drawn * Size];
            RandomNumberGenerator.Fill(pool);
            Used = 0;
        }

        var next = pool.AsSpan(Used * Size, Size);
        next.CopyTo(nonce);
        next.Clear();       // handed out: what is left here must not pass for a nonce again
        Used++;
    }
}
