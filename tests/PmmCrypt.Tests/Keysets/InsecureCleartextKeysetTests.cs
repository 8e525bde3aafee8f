using System.Text;
using PmmCrypt.Keysets;
using static PmmCrypt.Tests.Keysets.TinkWriter;

namespace PmmCrypt.Tests.Keysets;

public sealed class InsecureCleartextKeysetTests
{
    [Theory]
    [InlineData(KnownAnswers.KeyFileA, KnownAnswers.IdA, KnownAnswers.MaterialA)]
    [InlineData(KnownAnswers.KeyFileB, KnownAnswers.IdB, KnownAnswers.MaterialB)]
    public void What_Tink_wrote_is_read_and_written_again_to_the_character(string text, uint id, string material)
    {
        using var keyset = InsecureCleartextKeyset.Read(text);

        var key = Assert.Single(keyset.Keys);
        Assert.Equal((id, KeyStatus.Enabled, material), (key.Id, key.Status, Convert.ToHexStringLower(key.Material)));
        Assert.Same(key, keyset.Primary);
        Assert.Same(key, keyset.Find(id));
        Assert.Null(keyset.Find(id + 1));
        Assert.Equal(144, InsecureCleartextKeyset.Write(keyset).Length);
        Assert.Equal(text, InsecureCleartextKeyset.Write(keyset));
        Assert.Equal(KnownAnswers.Utf8(text), InsecureCleartextKeyset.WriteUtf8(keyset));
    }

    [Theory]
    [MemberData(nameof(KnownAnswers.Values), MemberType = typeof(KnownAnswers))]
    public void The_keys_open_what_PMM_encrypted(string keyFile, string ciphertext, string plaintext)
    {
        using var keyset = InsecureCleartextKeyset.Read(keyFile);

        Assert.Equal(plaintext, Aead.Open(keyset, Convert.FromBase64String(ciphertext)));
    }

    [Theory]
    [InlineData("\n", "")]
    [InlineData("", "\n")]
    [InlineData(" \t\r\n\v\f", "\f\v\n\r\t ")]
    public void White_space_around_the_text_is_passed_over(string before, string after)
    {
        using var keyset = InsecureCleartextKeyset.Read(before + KnownAnswers.KeyFileA + after);

        Assert.Equal(KnownAnswers.IdA, keyset.Primary.Id);
    }

    [Fact]
    public void Statuses_and_order_are_kept()
    {
        var text = Text(Primary(7), Entry(9, status: 2), Entry(7), Entry(4294967295));
        using var keyset = InsecureCleartextKeyset.Read(text);

        Assert.Equal("9 Disabled, 7 Enabled (primary), 4294967295 Enabled", keyset.ToString());
        Assert.Equal(text, InsecureCleartextKeyset.Write(keyset));
    }

    [Fact]
    public void A_reader_that_shares_no_code_with_us_takes_what_we_write()
    {
        using var keyset = InsecureCleartextKeyset.Read(Text(Primary(7), Entry(9, status: 2), Entry(7)));

        var (primary, keys) = TinkReader.Read(InsecureCleartextKeyset.Write(keyset));

        var material = Convert.ToHexStringLower(Material);
        Assert.Equal(7u, primary);
        Assert.Equal([new(9, 2, material), new(7, 1, material)], keys);
    }

    public static TheoryData<string, string, string> NoKeyFiles => new()
    {
        { "empty", "", "is empty" },
        { "blank", " \r\n", "is empty" },
        { "no base64", "!" + KnownAnswers.KeyFileA[1..], "not base64" },
        { "cut short", KnownAnswers.KeyFileA[..^1], "not base64" },
        { "url-safe base64", KnownAnswers.KeyFileA.Replace('/', '_'), "not base64" },
        { "byte order mark", "\uFEFF" + KnownAnswers.KeyFileA, "not base64" },
        { "wrapped", KnownAnswers.KeyFileA.Insert(76, "\n"), "white space within" },
        { "JSON keyset", "{\"primaryKeyId\":2353272518,\"key\":[]}", "JSON keyset" },
        { "hexadecimal", KnownAnswers.MaterialA, "hexadecimal" },
        { "hexadecimal of 16 bytes", KnownAnswers.MaterialA[..32], "hexadecimal" },
        { "bare key", Convert.ToBase64String(Material), "bare key of 32 bytes" },
        { "no keyset", Convert.ToBase64String("This text is no protobuf."u8), "not a Tink keyset" },
        { "cut in the keyset", Convert.ToBase64String(Convert.FromBase64String(KnownAnswers.KeyFileA)[..^3]), "not a Tink keyset" },
        { "PMM's ciphertext", "AYxEFsZsg7lp9+eSy6+wPFHlaNNy0ZpTbYN0NuCLPnQOZUYf2S6H9B+XJdF4+DscxC/pJwI=", "keyset" },
    };

    [Theory]
    [MemberData(nameof(NoKeyFiles))]
    public void What_is_no_key_file_is_refused_and_the_message_says_what_one_is(string _, string text, string reason)
    {
        var refused = Assert.Throws<InvalidKeysetException>(() => InsecureCleartextKeyset.Read(text));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains("keyset", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("32 raw bytes", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.KeyId);
    }

    [Fact]
    public void Thirty_two_raw_bytes_are_called_a_bare_key()
    {
        var raw = Convert.FromHexString(KnownAnswers.MaterialA);

        var refused = Assert.Throws<InvalidKeysetException>(() => InsecureCleartextKeyset.Read(raw));

        Assert.Contains("32 raw bytes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bits_that_base64_does_not_use_must_be_zero()
    {
        var text = Text(Primary(7), Entry(7));
        Assert.EndsWith("=", text, StringComparison.Ordinal);
        var at = text.IndexOf('=', StringComparison.Ordinal) - 1;

        Assert.Throws<InvalidKeysetException>(() => InsecureCleartextKeyset.Read($"{text[..at]}{(char)(text[at] + 1)}{text[(at + 1)..]}"));
    }

    public static TheoryData<string, byte[], string> UnusableKeys => new()
    {
        { "no key data", EntryWithoutKeyData(7), "no key data" },
        { "empty key data", Entry(7, value: []), "no key data" },
        { "destroyed", EntryWithoutKeyData(7, status: 3), "DESTROYED" },
        { "destroyed, with key data", Entry(7, status: 3), "DESTROYED" },
        { "no status", Entry(7, status: 0), "not set" },
        { "unknown status", Entry(7, status: 4), "status is 4" },
        { "HMAC key", Entry(7, type: "type.googleapis.com/google.crypto.tink.HmacKey"), "of the type HmacKey" },
        { "foreign type", Entry(7, type: "type.example.com/1234567890"), "of another type" },
        { "no type", Entry(7, type: ""), "of another type" },
        { "no key material type", Entry(7, materialType: 0), "not symmetric" },
        { "private key", Entry(7, materialType: 2), "not symmetric" },
        { "no prefix", Entry(7, prefix: 0), "not set" },
        { "prefix LEGACY", Entry(7, prefix: 2), "LEGACY" },
        { "prefix RAW", Entry(7, prefix: 3), "RAW" },
        { "prefix CRUNCHY", Entry(7, prefix: 4), "CRUNCHY" },
        { "prefix of a later Tink", Entry(7, prefix: 5), "prefix is 5" },
        { "16 bytes", Entry(7, value: Bytes(3, Material[..16])), "16 bytes" },
        { "33 bytes", Entry(7, value: Bytes(3, [.. Material, 0])), "33 bytes" },
        { "no bytes", Entry(7, value: Number(7, 1)), "0 bytes" },
        { "version 1", Entry(7, value: Join(Number(1, 1), Bytes(3, Material))), "version 1" },
        { "key data that is no AesGcmKey", Entry(7, value: [0xff]), "not an AesGcmKey" },
    };

    [Theory]
    [MemberData(nameof(UnusableKeys))]
    public void A_key_that_PMM_cannot_use_is_refused_by_id_and_reason(string _, byte[] entry, string reason)
    {
        // Not the primary, and not the last: an entry that nothing refers to is refused all the same, as Tink does.
        var refused = Assert.Throws<InvalidKeysetException>(() => InsecureCleartextKeyset.Read(Text(Primary(8), entry, Entry(8))));

        Assert.StartsWith("key 7: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal(7u, refused.KeyId);
    }

    public static TheoryData<string, byte[]> UnknownFields => new()
    {
        { "in the keyset", Join(Primary(7), Entry(7), Number(15, 1)) },
        { "in an entry", Join(Primary(7), Entry(7, extra: Number(5, 1))) },
        {
            "in the key data",
            Join(
                Primary(7),
                Bytes(2, Join(KeyData(AesGcm, Bytes(3, Material), 1, extra: Number(4, 1)), Number(2, 1), Number(3, 7), Number(4, 1))))
        },
        { "in the key", Join(Primary(7), Entry(7, value: Join(Bytes(3, Material), Number(2, 1)))) },
        { "the primary twice", Join(Primary(8), Primary(7), Entry(7)) },
        { "the primary last", Join(Entry(7), Primary(7)) },
        { "a number in more bytes than it needs", Join([0x08, 0x87, 0x00], Entry(7)) },
        { "an id of more than 32 bits", Join(Primary(0x1_0000_0007), Entry(7)) },
    };

    [Theory]
    [MemberData(nameof(UnknownFields))]
    public void What_would_be_lost_on_writing_is_refused_on_reading(string _, byte[] keyset)
    {
        var refused = Assert.Throws<InvalidKeysetException>(() => InsecureCleartextKeyset.Read(Convert.ToBase64String(keyset)));

        Assert.Contains("lost when the file is written again", refused.Message, StringComparison.Ordinal);
        Assert.Contains("made for a later version of Tink", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_message_holds_a_byte_of_a_key()
    {
        // Each byte of a key file replaced by each of these; whatever is refused must not quote the key in any of the usual spellings.
        var file = Convert.FromBase64String(KnownAnswers.KeyFileA);
        var refusals = 0;
        for (var at = 0; at < file.Length; at++)
        {
            foreach (var value in (byte[])[0, 1, 2, 0x20, 0x31, 0x50, 0x7f, 0x80, 0xff])
            {
                var damaged = file.ToArray();
                damaged[at] = value;
                if (Refusal(Convert.ToBase64String(damaged)) is not { } message)
                    continue;
                refusals++;
                Assert.DoesNotContain("a0f138", message, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain("oPE4", message, StringComparison.Ordinal);
                Assert.DoesNotContain(message, character => character > 0x7e || character < 0x20);
            }
        }

        Assert.True(refusals > 300, $"{refusals}");
    }

    [Fact]
    public void A_disposed_keyset_is_not_written()
    {
        var keyset = InsecureCleartextKeyset.Read(KnownAnswers.KeyFileA);
        keyset.Dispose();

        Assert.Throws<ObjectDisposedException>(() => InsecureCleartextKeyset.Write(keyset));
    }

    private static string? Refusal(string text)
    {
        try
        {
            InsecureCleartextKeyset.Read(text).Dispose();
            return null;
        }
        catch (InvalidKeysetException refused)
        {
            return refused.ToString().Split('\n', 2)[0];
        }
    }
}
