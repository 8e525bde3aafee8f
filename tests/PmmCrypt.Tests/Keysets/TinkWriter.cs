using System.Text;

namespace PmmCrypt.Tests.Keysets;

/// <summary>Writes Tink's messages byte by byte, right or wrong, without the product's protobuf.</summary>
internal static class TinkWriter
{
    public const string AesGcm = "type.googleapis.com/google.crypto.tink.AesGcmKey";
    public static readonly byte[] Material = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public static string Text(params byte[][] parts) => Convert.ToBase64String(Join(parts));

    public static byte[] Primary(ulong id) => Number(1, id);

    public static byte[] Entry(
        uint id,
        ulong status = 1,
        ulong prefix = 1,
        string type = AesGcm,
        ulong materialType = 1,
        byte[]? value = null,
        byte[]? extra = null)
    {
        var data = KeyData(type, value ?? Bytes(3, Material), materialType);
        return Bytes(2, Join(data, Number(2, status), Number(3, id), Number(4, prefix), extra ?? []));
    }

    public static byte[] EntryWithoutKeyData(uint id, ulong status = 1) => Bytes(2, Join(Number(2, status), Number(3, id), Number(4, 1)));

    public static byte[] KeyData(string type, byte[] value, ulong materialType, byte[]? extra = null) =>
        Bytes(1, Join(Bytes(1, Encoding.ASCII.GetBytes(type)), Bytes(2, value), Number(3, materialType), extra ?? []));

    /// <summary>A number; 0 is left out, as proto3 does.</summary>
    public static byte[] Number(int field, ulong value) => value == 0 ? [] : Join(Varint((ulong)field << 3), Varint(value));

    public static byte[] Bytes(int field, byte[] value) => Join(Varint(((ulong)field << 3) | 2), Varint((ulong)value.Length), value);

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
