using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PmmCrypt.Testing.Tink;

/// <summary>
/// A key file and the values under it, read and written by hand: no line of the product, and no protobuf library, stands between a
/// test and the bytes.
/// </summary>
public sealed class HandKeyset
{
    private const string TypeUrl = "type.googleapis.com/google.crypto.tink.AesGcmKey";
    private const string EnvelopePrefix = "pmm1$";
    private const int HeaderSize = 5;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private HandKeyset(uint primary, IReadOnlyList<HandKey> keys) => (Primary, Keys) = (primary, keys);

    /// <summary>The primary key's id.</summary>
    public uint Primary { get; }

    /// <summary>The keys in the order of the file.</summary>
    public IReadOnlyList<HandKey> Keys { get; }

    /// <summary>A new keyset of one key.</summary>
    public static HandKeyset Generate()
    {
        var id = BinaryPrimitives.ReadUInt32BigEndian(RandomNumberGenerator.GetBytes(sizeof(uint))) | 1;
        return new HandKeyset(id, [new HandKey(id, IsEnabled: true, RandomNumberGenerator.GetBytes(32))]);
    }

    /// <summary>Reads a key file.</summary>
    public static HandKeyset Load(string path) => Parse(File.ReadAllText(path));

    /// <summary>Reads the text of a key file.</summary>
    public static HandKeyset Parse(string text)
    {
        var fields = Fields(Convert.FromBase64String(text.Trim()));
        return new HandKeyset(
            (uint)fields.Single(field => field.Number == 1).Value,
            [.. fields.Where(field => field.Number == 2).Select(field => ReadKey(field.Bytes))]);
    }

    /// <summary>The keyset with one key more, before the primary: it opens values and does not wait.</summary>
    public HandKeyset WithOlder(HandKeyset other) => new(Primary, [.. other.Keys, .. Keys]);

    /// <summary>The keyset with one key more, after the primary: it waits.</summary>
    public HandKeyset WithWaiting(HandKeyset other) => new(Primary, [.. Keys, .. other.Keys]);

    /// <summary>The same keys as a service has them that does not know of the last change: it encrypts under another.</summary>
    public HandKeyset WithPrimary(uint id) => new(id, Keys);

    /// <summary>The keyset with one key disabled.</summary>
    public HandKeyset Disabled(uint id) => new(Primary, [.. Keys.Select(key => key.Id == id ? key with { IsEnabled = false } : key)]);

    /// <summary>The primary's bytes under another id.</summary>
    public HandKeyset WithId(uint id) => new(id, [Keys.Single(key => key.Id == Primary) with { Id = id }]);

    /// <summary>The text of the key file.</summary>
    public string ToText()
    {
        byte[] file = [0x08, .. Varint(Primary), .. Keys.SelectMany(key => Nested(0x12, WriteKey(key)))];
        return Convert.ToBase64String(file);
    }

    /// <summary>Writes the key file, for its owner alone.</summary>
    public void Save(string path)
    {
        File.WriteAllText(path, ToText());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Encrypts under the primary key: in the legacy format, or as an envelope.</summary>
    public string Seal(string plaintext, bool envelope = false)
    {
        var text = Encoding.UTF8.GetBytes(plaintext);
        var sealedBytes = new byte[HeaderSize + NonceSize + text.Length + TagSize];
        sealedBytes[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(sealedBytes.AsSpan(1), Primary);
        var nonce = sealedBytes.AsSpan(HeaderSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(Keys.Single(key => key.Id == Primary).Material, TagSize);
        cipher.Encrypt(nonce, text, sealedBytes.AsSpan(HeaderSize + NonceSize, text.Length), sealedBytes.AsSpan(^TagSize..));
        return (envelope ? EnvelopePrefix : "") + Convert.ToBase64String(sealedBytes);
    }

    /// <summary>Takes off one layer; throws where the value is no ciphertext, its key is not here, or it does not authenticate.</summary>
    public (uint KeyId, string Plaintext) Open(string stored)
    {
        var isEnvelope = stored.StartsWith(EnvelopePrefix, StringComparison.Ordinal);
        var bytes = Convert.FromBase64String(isEnvelope ? stored[EnvelopePrefix.Length..] : stored);
        if (bytes[0] != 1) throw new CryptographicException("not a ciphertext");
        var id = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1));
        var key = Keys.FirstOrDefault(key => key.Id == id) ?? throw new CryptographicException($"key {id} is not in the file");
        var text = new byte[bytes.Length - HeaderSize - NonceSize - TagSize];
        using var cipher = new AesGcm(key.Material, TagSize);
        var encrypted = bytes.AsSpan(HeaderSize + NonceSize, text.Length);
        cipher.Decrypt(bytes.AsSpan(HeaderSize, NonceSize), encrypted, bytes.AsSpan(^TagSize..), text);
        return (id, Encoding.UTF8.GetString(text));
    }

    /// <summary>The key id that a ciphertext carries; 0 where the value is none.</summary>
    public static uint KeyIdOf(string stored)
    {
        var text = stored.StartsWith(EnvelopePrefix, StringComparison.Ordinal) ? stored[EnvelopePrefix.Length..] : stored;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length > HeaderSize + NonceSize + TagSize - 1 && bytes[0] == 1
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(1))
            : 0;
    }

    /// <summary>Opens a value that must be under the primary key.</summary>
    public string OpenPrimary(string stored)
    {
        var (id, plaintext) = Open(stored);
        return id == Primary ? plaintext : throw new CryptographicException($"it is under key {id}, and the primary is {Primary}");
    }

    private static HandKey ReadKey(byte[] entry)
    {
        var fields = Fields(entry);
        var data = Fields(fields.Single(field => field.Number == 1).Bytes);
        var aesGcmKey = Fields(data.Single(field => field.Number == 2).Bytes);
        return new HandKey(
            (uint)fields.Single(field => field.Number == 3).Value,
            fields.Single(field => field.Number == 2).Value == 1,
            aesGcmKey.Single(field => field.Number == 3).Bytes);
    }

    private static byte[] WriteKey(HandKey key)
    {
        byte[] data = [.. Nested(0x0A, Encoding.ASCII.GetBytes(TypeUrl)), .. Nested(0x12, [.. Nested(0x1A, key.Material)]), 0x18, 1];
        return [.. Nested(0x0A, data), 0x10, key.IsEnabled ? (byte)1 : (byte)2, 0x18, .. Varint(key.Id), 0x20, 1];
    }

    private static byte[] Nested(byte tag, byte[] content) => [tag, .. Varint((uint)content.Length), .. content];

    private static IEnumerable<byte> Varint(uint value)
    {
        for (; value >= 0x80; value >>= 7) yield return (byte)(value | 0x80);
        yield return (byte)value;
    }

    private static List<(int Number, ulong Value, byte[] Bytes)> Fields(byte[] message)
    {
        var fields = new List<(int, ulong, byte[])>();
        for (var at = 0; at < message.Length;)
        {
            var tag = ReadVarint(message, ref at);
            var value = ReadVarint(message, ref at);
            var size = (tag & 7) switch { 0 => 0, 2 => (int)value, var wire => throw new InvalidDataException($"wire type {wire}") };
            fields.Add(((int)(tag >> 3), value, message[at..(at + size)]));
            at += size;
        }
        return fields;
    }

    private static ulong ReadVarint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }
    }
}
