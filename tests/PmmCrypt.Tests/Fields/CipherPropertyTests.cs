using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

public sealed class CipherPropertyTests
{
    private static readonly Gen<string> Unicode = Gen.Int[0, 0x10ffff].Where(point => point is < 0xd800 or > 0xdfff)
        .Array[1, 60].Select(points => string.Concat(points.Select(char.ConvertFromUtf32)));

    private static readonly Gen<StoredFormat> Format = Gen.Bool.Select(legacy => legacy ? StoredFormat.Legacy : StoredFormat.Envelope);

    [Fact]
    public void Any_string_comes_back()
    {
        Gen.Select(Unicode, Format).Sample((plaintext, format) =>
        {
            using var cipher = Keys.Cipher(Keys.B, format);
            var utf8 = new ArrayBufferWriter<byte>();

            var stored = cipher.Encrypt(plaintext)!;
            var value = cipher.Open(Encoding.UTF8.GetBytes(stored), utf8);

            Assert.Equal(plaintext, cipher.Decrypt(stored));
            Assert.Equal(plaintext, Encoding.UTF8.GetString(utf8.WrittenSpan));
            Assert.Equal((StoredValueState.Opened, format, KnownAnswers.IdB, 1), (value.State, value.Format, value.KeyId, value.Layers));
        }, iter: 2000);
    }

    [Fact]
    public void A_flipped_bit_of_a_ciphertext_is_an_error()
    {
        Gen.Select(Unicode, Format, Gen.Int[0, 1 << 20]).Sample((plaintext, format, at) =>
        {
            using var cipher = Keys.Cipher(Keys.B, format);
            var stored = cipher.Encrypt(plaintext)!;
            var prefix = format == StoredFormat.Envelope ? "pmm1$" : "";
            var bytes = Convert.FromBase64String(stored[prefix.Length..]);
            bytes[at / 8 % bytes.Length] ^= (byte)(1 << (at % 8));

            Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(prefix + Convert.ToBase64String(bytes)));
        }, iter: 2000);
    }

    [Fact]
    public void A_flipped_bit_of_the_text_of_a_ciphertext_is_an_error()
    {
        Gen.Select(Unicode, Format, Gen.Int[0, 1 << 20]).Sample((plaintext, format, at) =>
        {
            using var cipher = Keys.Cipher(Keys.B, format);
            var text = Encoding.Latin1.GetBytes(cipher.Encrypt(plaintext)!);
            text[at / 8 % text.Length] ^= (byte)(1 << (at % 8));

            Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(Encoding.Latin1.GetString(text)));
        }, iter: 2000);
    }

    [Fact]
    public void No_nonce_is_used_twice_and_a_cipher_is_for_every_thread()
    {
        const int Threads = 4;
        const int Each = 50_000;
        using var cipher = Keys.Cipher(Keys.B);
        var nonces = new ConcurrentDictionary<string, bool>(Threads, Threads * Each);

        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                var stored = cipher.Encrypt("s")!;
                // Key id and nonce are the first 17 bytes: 22 characters and a part of the next.
                Assert.True(nonces.TryAdd(Convert.ToHexString(Convert.FromBase64String(stored).AsSpan(5, 12)), true), "A nonce came back.");
                if (i % 1000 == 0)
                    Assert.Equal("s", cipher.Decrypt(stored));
            }
        });

        Assert.Equal(Threads * Each, nonces.Count);
    }

    [Fact]
    public void Encrypting_allocates_its_result_alone()
    {
        using var cipher = Keys.Cipher(Keys.B);
        var plaintext = new string('x', 32);
        for (var i = 0; i < 1000; i++)
            cipher.Encrypt(plaintext);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var stored = cipher.Encrypt(plaintext)!;

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 1, 24 + (2 * stored.Length) + 8);
    }
}
