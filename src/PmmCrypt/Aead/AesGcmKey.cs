using System.Security.Cryptography;
using PmmCrypt.Keysets;

namespace PmmCrypt.Aead;

/// <summary>AES-256-GCM under one key of a keyset, with empty associated data. For use on any thread.</summary>
internal sealed class AesGcmKey : IDisposable
{
    /// <summary>The size of the authentication tag, in bytes.</summary>
    public const int TagSize = 16;

    // A copy: a thread may come when the keyset has long been disposed.
    private readonly KeysetKey _key;

    // An AesGcm is for one thread at a time, and costs more to make than to use.
    private readonly ThreadLocal<AesGcm> _cipher;

    public AesGcmKey(KeysetKey key)
    {
        _key = key.Copy();
        _cipher = new ThreadLocal<AesGcm>(() => new AesGcm(_key.Material, TagSize), trackAllValues: true);
    }

    public uint Id => _key.Id;

    public KeyStatus Status => _key.Status;

    public void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag) =>
        _cipher.Value!.Encrypt(nonce, plaintext, ciphertext, tag);

    /// <summary>Whether the ciphertext is authentic; its plaintext is then written.</summary>
    public bool TryDecrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag, Span<byte> plaintext)
    {
        try
        {
            _cipher.Value!.Decrypt(nonce, ciphertext, tag, plaintext);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        foreach (var cipher in _cipher.Values)
            cipher.Dispose();
        _cipher.Dispose();
        _key.Clear();
    }
}
