using System.Diagnostics;
using System.Security.Cryptography;

namespace PmmCrypt.Keysets;

/// <summary>One AES-256 key of a <see cref="Keyset"/>. It shows its id, status and check value, never its bytes.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class KeysetKey
{
    /// <summary>The size of the key, in bytes.</summary>
    internal const int MaterialSize = 32;

    /// <summary>The size of the check value, in bytes: eight hexadecimal digits are what people still read to each other.</summary>
    private const int CheckValueSize = 4;

    // Pinned: the garbage collector leaves copies behind of what it moves, and those would never be overwritten.
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] _material = GC.AllocateUninitializedArray<byte>(MaterialSize, pinned: true);

    private bool _cleared;

    internal KeysetKey(uint id, KeyStatus status, ReadOnlySpan<byte> material)
    {
        if (material.Length != MaterialSize)
            throw new InvalidKeysetException($"key {id}: it has {material.Length} bytes, and an AES-256 key has {MaterialSize}", id);
        Id = id;
        Status = status;
        material.CopyTo(_material);
        CheckValue = Check(material);
    }

    /// <summary>The id that ciphertexts under this key carry; never 0. The ids of a keyset differ.</summary>
    public uint Id { get; }

    /// <summary>Whether the key is in use.</summary>
    public KeyStatus Status { get; }

    /// <summary>
    /// Eight hexadecimal digits in two groups, such as <c>7e7c 4ca6</c>, that people read to each other to learn whether two machines hold
    /// the same key. The ids alone do not say so: a damaged file has the ids, and other bytes.
    /// </summary>
    /// <remarks>
    /// The first 32 bits of HMAC-SHA256 under the key, of the ASCII text <c>PmmCrypt key check value 1</c>. The key is 256 random bits:
    /// nothing of them can be computed from this, and nothing that PMM encrypts is related to it. It is no proof against somebody who
    /// chooses keys; it tells honest files apart, and errs once in four thousand million times.
    /// </remarks>
    public string CheckValue { get; }

    /// <exception cref="ObjectDisposedException">The keyset was disposed: these would be zeros, and no key.</exception>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal ReadOnlySpan<byte> Material
    {
        get
        {
            ObjectDisposedException.ThrowIf(_cleared, typeof(Keyset));
            return _material;
        }
    }

    /// <summary>The key's id and status; no byte of the key.</summary>
    public override string ToString() => $"{Id} {Status}";

    internal KeysetKey Copy() => new(Id, Status, Material);

    internal KeysetKey WithStatus(KeyStatus status) => new(Id, status, Material);

    internal bool HasSameMaterial(KeysetKey other) => CryptographicOperations.FixedTimeEquals(Material, other.Material);

    internal void Clear()
    {
        _cleared = true;
        CryptographicOperations.ZeroMemory(_material);
    }

    private static string Check(ReadOnlySpan<byte> material)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(material, "PmmCrypt key check value 1"u8, mac);
        var digits = Convert.ToHexStringLower(mac[..CheckValueSize]);
        return $"{digits[..CheckValueSize]} {digits[CheckValueSize..]}";
    }
}
