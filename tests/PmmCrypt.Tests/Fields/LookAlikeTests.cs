using System.Buffers;
using System.Text;
using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>What is nearly a ciphertext: it is never taken for one, and a damaged one is never taken for a secret.</summary>
public sealed class LookAlikeTests
{
    private const string Stored = "AYxEFsZsg7lp9+eSy6+wPFHlaNNy0ZpTbYN0NuCLPnQOZUYf2S6H9B+XJdF4+DscxC/pJwI=";

    /// <summary>Each begins with the five bytes 01 8C 44 16 C6 of key A.</summary>
    public static TheoryData<string> Damaged =>
    [
        Stored.Insert(8, " "),
        Stored.Insert(8, "    "),
        Stored.Insert(8, "\t\t\t\t"),
        Stored.Insert(8, "\r\n\r\n"),
        Stored + "\n",
        Stored + "\r\n\r\n",
        Stored + " ",
        Stored[..^1],                                           // no padding
        Stored[..^2] + "J=",                                    // a stray bit behind the last byte
        Stored[..^2] + "L=",                                    // both of them
        Stored.Replace('+', '-').Replace('/', '_'),             // base64url
        Stored + "====",
        Stored + "é",
        Stored[..44],                                           // whole base64, of 33 bytes: but its tag is another's
        Stored[..40],                                           // whole base64, of 30 bytes
        Stored[..7],                                            // the shortest text that holds all 40 bits
    ];

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Damage_to_a_ciphertext_of_a_known_key_is_told_as_damage_in_both_formats(string value)
    {
        using var cipher = Keys.Cipher(Keys.A, clearText: ClearText.Passed);

        foreach (var stored in new[] { value, "pmm1$" + value })
        {
            var seen = cipher.Inspect(stored);
            Assert.Equal(value.Length == 44 ? StoredValueState.AuthenticationFailed : StoredValueState.Malformed, seen.State);
            Assert.Equal(KnownAnswers.IdA, seen.KeyId);
            Assert.Equal(KnownAnswers.IdA, Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored)).KeyId);
        }
    }

    [Fact]
    public void Of_any_key_id_the_last_four_bits_are_looked_for_in_the_seventh_character()
    {
        const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        for (var low = 0; low < 16; low++)
        {
            using var keyset = WithId(0x8c4416c0u + (uint)low);
            using var cipher = Keys.Cipher(keyset, clearText: ClearText.Passed);

            var damaged = Enumerable.Range(0, 128).Select(code => (char)code)
                .Where(digit => cipher.Inspect($"AYxEFs{digit} a password").State == StoredValueState.Malformed);

            Assert.Equal(Digits.Substring(low * 4, 4).Order(), damaged);
        }
    }

    [Fact]
    public void Whatever_its_key_id_begins_with_a_ciphertext_is_not_encrypted_again()
    {
        for (var high = 0u; high < 16; high++)
        {
            using var keyset = WithId((high << 28) | 1);
            using var cipher = Keys.Cipher(keyset);
            var stored = cipher.Encrypt("secret");

            Assert.Same(stored, cipher.Encrypt(stored));
        }
    }

    [Fact]
    public void Only_what_begins_with_the_version_byte_or_the_prefix_may_begin_a_ciphertext()
    {
        const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        var second = Enumerable.Range(0, 0x180).Select(code => (char)code).Where(digit => CiphertextText.MayBegin($"A{digit}"));

        Assert.Equal(Digits.Where(digit => Convert.FromBase64String($"A{digit}AA")[0] == 1).Order(), second);
        Assert.All(["pmm1$", "AQ"], text => Assert.True(CiphertextText.MayBegin(text), text));
        Assert.All(["", "A", "BQ", "pmm1", "PMM1$"], text => Assert.False(CiphertextText.MayBegin(text), text));
    }

    [Fact]
    public void The_40_bits_of_a_key_id_end_within_the_seventh_character()
    {
        // The last byte of the id is 0xC6; its lower four bits, 0110, are the upper four of the seventh sextet: 24 to 27 are Y, Z, a, b.
        const string Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        using var cipher = Keys.Cipher(Keys.A, clearText: ClearText.Passed);

        var damaged = Digits.Where(digit => cipher.Inspect($"AYxEFs{digit} a password").State == StoredValueState.Malformed);

        Assert.Equal("YZab", string.Concat(damaged));
        Assert.Equal(StoredValueState.Clear, cipher.Inspect("AYxEFs").State);
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_secret_of_any_such_look_is_encrypted_and_comes_back(string secret)
    {
        foreach (var format in new[] { StoredFormat.Legacy, StoredFormat.Envelope })
        {
            using var cipher = Keys.Cipher(Keys.A, format);

            var stored = cipher.Encrypt(secret)!;

            Assert.NotEqual(secret, stored);
            Assert.Equal((StoredValueState.Opened, 1), (cipher.Inspect(stored).State, cipher.Inspect(stored).Layers));
            Assert.Equal(secret, cipher.Decrypt(stored));
            Assert.Same(stored, cipher.Encrypt(stored));
        }
    }

    [Fact]
    public void Any_secret_comes_back_through_both_formats_and_both_kinds_of_text_however_it_looks()
    {
        var text = Gen.Int[0, 0x10ffff].Where(point => point is < 0xd800 or > 0xdfff).Array[1, 20]
            .Select(points => string.Concat(points.Select(char.ConvertFromUtf32)));
        var known = Gen.Byte.Array[0, 60].Select(tail => Convert.ToBase64String([1, 0x20, 0x6a, 0xf2, 0x29, .. tail]));
        var unknown = Gen.Byte.Array[4, 60].Select(tail => Convert.ToBase64String([1, .. tail]));
        var looks = Gen.OneOf(
            text, known, unknown,
            Gen.Select(known, text).Select((head, tail) => head + tail),
            text.Select(tail => "pmm1$" + tail), known.Select(tail => "pmm1$" + tail), unknown.Select(tail => "pmm1$" + tail));
        var format = Gen.Bool.Select(legacy => legacy ? StoredFormat.Legacy : StoredFormat.Envelope);
        using var keyset = Keys.B;
        using var legacy = Keys.Cipher(keyset);
        using var envelope = Keys.Cipher(keyset, StoredFormat.Envelope);

        Gen.Select(looks, format).Sample((secret, wanted) =>
        {
            var cipher = wanted == StoredFormat.Legacy ? legacy : envelope;
            var written = new ArrayBufferWriter<byte>();
            cipher.Encrypt(Encoding.UTF8.GetBytes(secret), wanted, written);

            foreach (var stored in new[] { cipher.Encrypt(secret)!, Encoding.UTF8.GetString(written.WrittenSpan) })
            {
                var opened = new ArrayBufferWriter<byte>();
                var value = legacy.Open(Encoding.UTF8.GetBytes(stored), opened);
                Assert.Equal((StoredValueState.Opened, wanted, 1), (value.State, value.Format, value.Layers));
                Assert.Equal(secret, Encoding.UTF8.GetString(opened.WrittenSpan));
                Assert.Equal(secret, legacy.Decrypt(stored));
                Assert.Equal(secret, envelope.Decrypt(stored));
            }
        }, iter: 5000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pmm1$")]
    public void Whatever_single_bit_of_a_stored_value_flips_it_is_an_error(string prefix)
    {
        using var cipher = Keys.Cipher(Keys.BAfterA);
        var text = Encoding.Latin1.GetBytes(prefix + Stored);
        var bytes = Convert.FromBase64String(Stored);

        for (var bit = 0; bit < text.Length * 8; bit++)
            AssertRefused(Encoding.Latin1.GetString(Flip(text, bit)));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
            AssertRefused(prefix + Convert.ToBase64String(Flip(bytes, bit)));

        void AssertRefused(string damaged)
        {
            var opened = new ArrayBufferWriter<byte>();
            Assert.NotEqual(StoredValueState.Opened, cipher.Open(Encoding.UTF8.GetBytes(damaged), opened).State);
            Assert.Equal(0, opened.WrittenCount);
            Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(damaged));
        }

        static byte[] Flip(byte[] of, int bit)
        {
            var flipped = (byte[])of.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            return flipped;
        }
    }

    [Fact]
    public void Of_more_layers_than_are_opened_not_a_byte_is_handed_on()
    {
        var stored = "secret";
        for (var layer = 0; layer < 17; layer++)
            stored = Keys.Layer(Keys.A, stored);
        using var cipher = Keys.Cipher(Keys.A);
        var opened = new ArrayBufferWriter<byte>();

        Assert.Equal(StoredValueState.TooManyLayers, cipher.Open(Encoding.UTF8.GetBytes(stored), opened).State);

        Assert.Equal(0, opened.WrittenCount);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_an_error_that_quotes_none_of_them()
    {
        using var cipher = Keys.Cipher(Keys.A);
        var written = new ArrayBufferWriter<byte>();
        cipher.Encrypt([.. "MARKED"u8, 0xff, 0xfe], StoredFormat.Legacy, written);
        var stored = Encoding.UTF8.GetString(written.WrittenSpan);

        var failure = Assert.Throws<FieldDecryptionException>(
            () => cipher.Decrypt(stored, new EncryptedField("password", StoredFormats.All)));

        Assert.Contains("password", failure.Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "The stored value opens", Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("MARKED", failure.ToString(), StringComparison.Ordinal);
        Assert.Null(failure.InnerException);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused_wherever_it_stands()
    {
        // The last two begin as ciphertexts do, so they are looked at before they are encrypted.
        string[] secrets = ["\ud800", "\udc00", "MARKED\udc00\ud800MARKED", "AYxEFsZ\ud800MARKED", "pmm1$\ud800MARKED"];
        using var cipher = Keys.Cipher(Keys.A);

        foreach (var secret in secrets)
        {
            var failure = Assert.Throws<ArgumentException>(() => cipher.Encrypt(secret));
            Assert.DoesNotContain("MARKED", failure.ToString(), StringComparison.Ordinal);
            Assert.StartsWith("The value is not valid Unicode", failure.Message, StringComparison.Ordinal);
            Assert.Null(failure.InnerException);
        }
    }

    private static Keyset WithId(uint id) => new(id, [new KeysetKey(id, KeyStatus.Enabled, new byte[KeysetKey.MaterialSize])]);
}
