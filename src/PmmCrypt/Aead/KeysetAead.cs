using System.Buffers.Binary;
using PmmCrypt.Keysets;

namespace PmmCrypt.Aead;

/// <summary>
/// Tink's AEAD over a keyset: the primary encrypts, and the key id at the head of a ciphertext says which key opens it.
/// </summary>
/// <remarks>
/// <code>
/// ┌──────┬───────────────────────┬──────────┬────────────────────────┬──────────┐
/// │ 0x01 │ key id, 4, big endian │ nonce 12 │ ciphertext = plaintext │ tag, 16  │
/// └──────┴───────────────────────┴──────────┴────────────────────────┴──────────┘
/// </code>
/// </remarks>
internal sealed class KeysetAead : IDisposable
{
    /// <summary>The first byte of a ciphertext: Tink's output prefix type TINK.</summary>
    public const byte Version = 0x01;

    /// <summary>Version and key id, in bytes.</summary>
    public const int PrefixSize = 1 + sizeof(uint);

    /// <summary>What a ciphertext is longer than its plaintext, in bytes.</summary>
    public const int Overhead = PlaintextOffset + AesGcmKey.TagSize;

    /// <summary>Where the encrypted bytes begin.</summary>
    public const int PlaintextOffset = PrefixSize + Nonces.Size;

    private readonly AesGcmKey[] _keys;
    private readonly AesGcmKey _primary;

    public KeysetAead(Keyset keyset)
    {
        _keys = [.. keyset.Keys.Select(key => new AesGcmKey(key))];
        _primary = _keys.Single(key => key.Id == keyset.Primary.Id);
    }

    /// <summary>The key ids, in the order of the keyset.</summary>
    public IEnumerable<uint> KeyIds => _keys.Select(key => key.Id);

    public static uint KeyIdOf(ReadOnlySpan<byte> ciphertext) => BinaryPrimitives.ReadUInt32BigEndian(ciphertext[1..]);

    public AesGcmKey? Find(uint keyId)
    {
        foreach (var key in _keys)
        {
            if (key.Id == keyId)
                return key;
        }

        return null;
    }

    /// <summary>
    /// Encrypts in place: <paramref name="message"/> holds the plaintext at <see cref="PlaintextOffset"/>, with room for the tag behind it.
    /// </summary>
    public void Encrypt(Span<byte> message)
    {
        message[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(message[1..], _primary.Id);
        var nonce = message.Slice(PrefixSize, Nonces.Size);
        Nonces.Next(nonce);
        var body = message[PlaintextOffset..^AesGcmKey.TagSize];
        _primary.Encrypt(nonce, body, body, message[^AesGcmKey.TagSize..]);
    }

    /// <summary>
    /// Decrypts in place. The plaintext then stands at <see cref="PlaintextOffset"/>. False where the tag does not match.
    /// </summary>
    public static bool TryDecrypt(AesGcmKey key, Span<byte> message)
    {
        var body = message[PlaintextOffset..^AesGcmKey.TagSize];
        return key.TryDecrypt(message.Slice(PrefixSize, Nonces.Size), body, message[^AesGcmKey.TagSize..], body);
    }

    public void Dispose()
    {
        foreach (var key in _keys)
            key.Dispose();
    }
}
