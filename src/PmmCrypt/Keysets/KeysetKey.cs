using System.Security.Cryptography;

namespace PmmCrypt.Keysets;

/// <summary>One AES-256 key of a <see cref="Keyset"/>. It shows its id, status and check value, never its bytes.</summary>
public sealed class KeysetKey
{
    /// <summary>The size of the key, in bytes.</summary>
    internal const int MaterialSize = 32;

    private readonly byte[] _material;

    internal KeysetKey(uint id, KeyStatus status, ReadOnlySpan<byte> material)
    {
        Id = id;
        Status = status;
        _material = material.ToArray();
    }

    /// <summary>The id that ciphertexts under this key carry.</summary>
    public uint Id { get; }

    /// <summary>Whether the key is in use.</summary>
    public KeyStatus Status { get; }

    internal ReadOnlySpan<byte> Material => _material;

    /// <summary>The key's id and status; no byte of the key.</summary>
    public override string ToString() => $"{Id} {Status}";

    internal void Clear() => CryptographicOperations.ZeroMemory(_material);
}
