using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>Keysets for tests of ciphers, and ciphertexts that are put together by hand.</summary>
internal static class Keys
{
    public static Keyset A => InsecureCleartextKeyset.Read(KnownAnswers.KeyFileA);

    public static Keyset B => InsecureCleartextKeyset.Read(KnownAnswers.KeyFileB);

    /// <summary>B as the primary, and A before it: retired, and still enabled.</summary>
    public static Keyset BAfterA
    {
        get
        {
            using var manager = new KeysetManager(B);
            manager.Merge(A);
            return manager.ToKeyset();
        }
    }

    public static FieldCipher Cipher(Keyset keyset, StoredFormat format = StoredFormat.Legacy, ClearText clearText = ClearText.Refused) =>
        new(keyset, format, clearText);

    /// <summary>Encrypts under the keyset's primary, whatever the text is: a layer of its own.</summary>
    public static string Layer(Keyset keyset, string text, StoredFormat format = StoredFormat.Legacy)
    {
        using var cipher = Cipher(keyset, format);
        var stored = new System.Buffers.ArrayBufferWriter<byte>();
        cipher.Encrypt(KnownAnswers.Utf8(text), format, stored);
        return System.Text.Encoding.UTF8.GetString(stored.WrittenSpan);
    }
}
