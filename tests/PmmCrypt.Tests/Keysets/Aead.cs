using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>PMM's cipher, written for these tests: 0x01 ‖ key id (4, big endian) ‖ iv (12) ‖ ciphertext ‖ tag (16).</summary>
internal static class Aead
{
    private const int Header = 1 + sizeof(uint);
    private const int Iv = 12;
    private const int Tag = 16;

    /// <summary>The plaintext; null where the keyset has no enabled key of that id, or the value does not authenticate.</summary>
    public static string? Open(Keyset keyset, byte[] value)
    {
        if (keyset.Find(BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(1))) is not { Status: KeyStatus.Enabled } key)
            return null;
        var plaintext = new byte[value.Length - Header - Iv - Tag];
        using var aes = new AesGcm(key.Material, Tag);
        try
        {
            aes.Decrypt(value.AsSpan(Header, Iv), value.AsSpan(Header + Iv, plaintext.Length), value.AsSpan(value.Length - Tag), plaintext);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        return Encoding.UTF8.GetString(plaintext);
    }

    public static byte[] Seal(KeysetKey key, string text)
    {
        var plaintext = Encoding.UTF8.GetBytes(text);
        var value = new byte[Header + Iv + plaintext.Length + Tag];
        value[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(1), key.Id);
        RandomNumberGenerator.Fill(value.AsSpan(Header, Iv));
        using var aes = new AesGcm(key.Material, Tag);
        aes.Encrypt(value.AsSpan(Header, Iv), plaintext, value.AsSpan(Header + Iv, plaintext.Length), value.AsSpan(value.Length - Tag));
        return value;
    }
}
