using System.Text;

namespace PmmCrypt.Fuzzing.Oracles;

/// <summary>Tink's keyset message, put together by hand, so that any of it can be wrong.</summary>
internal static class TinkText
{
    public const string TypeUrl = "type.googleapis.com/google.crypto.tink.AesGcmKey";

    /// <summary>A field of a message: its number, and a number or bytes.</summary>
    public static byte[] Field(int number, ulong value) => [.. Varint((ulong)(number << 3)), .. Varint(value)];

    public static byte[] Field(int number, ReadOnlySpan<byte> value) =>
        [.. Varint((ulong)((number << 3) | 2)), .. Varint((ulong)value.Length), .. value];

    /// <summary>An entry of a keyset as PMM has it.</summary>
    public static byte[] Key(uint id, bool enabled, ReadOnlySpan<byte> material)
    {
        byte[] data = [.. Field(1, Encoding.ASCII.GetBytes(TypeUrl)), .. Field(2, Field(3, material)), .. Field(3, 1)];
        return Field(2, [.. Field(1, data), .. Field(2, enabled ? 1UL : 2), .. Field(3, id), .. Field(4, 1)]);
    }

    public static byte[] Keyset(uint primary, params byte[][] keys) => [.. Field(1, primary), .. keys.SelectMany(key => key)];

    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
