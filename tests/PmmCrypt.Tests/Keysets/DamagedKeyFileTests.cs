using CsCheck;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Keysets;

/// <summary>
/// What holds of a damaged key file. Tink's format has no checksum, so damage within the 32 bytes of a key, or of an id, cannot be seen
/// when the file is read. It is seen at the first value: under the damaged file a value opens to its own plaintext or not at all.
/// </summary>
public sealed class DamagedKeyFileTests
{
    [Theory]
    [MemberData(nameof(KnownAnswers.Values), MemberType = typeof(KnownAnswers))]
    public void No_flipped_bit_of_the_text_opens_a_value(string keyFile, string ciphertext, string plaintext)
    {
        var accepted = 0;
        for (var bit = 0; bit < keyFile.Length * 8; bit++)
        {
            var text = KnownAnswers.Utf8(keyFile);
            Flip(text, bit);
            if (Read(text) is not { } keyset)
                continue;
            accepted++;
            using (keyset)
                Assert.Null(Aead.Open(keyset, Convert.FromBase64String(ciphertext)));
        }

        // Only the 43 characters that spell the key are free. More would mean that something else than a key byte can change unseen.
        Assert.InRange(accepted, 1, 43 * 8);
        Assert.NotEmpty(plaintext);
    }

    [Fact]
    public void Of_the_bits_of_the_keyset_only_those_of_the_key_go_unseen_and_they_change_its_check_value()
    {
        var serialized = Convert.FromBase64String(KnownAnswers.KeyFileA);
        using var intact = InsecureCleartextKeyset.Read(KnownAnswers.KeyFileA);
        var keyBits = 0;
        for (var bit = 0; bit < serialized.Length * 8; bit++)
        {
            var damaged = serialized.ToArray();
            Flip(damaged, bit);
            if (Read(KnownAnswers.Utf8(Convert.ToBase64String(damaged))) is not { } keyset)
                continue;
            keyBits++;
            using (keyset)
            {
                Assert.Equal(KnownAnswers.IdA, keyset.Primary.Id);
                Assert.NotEqual(intact.Primary.CheckValue, keyset.Primary.CheckValue);
            }
        }

        Assert.Equal(KeysetKey.MaterialSize * 8, keyBits);
    }

    [Fact]
    public void No_damage_to_any_keyset_opens_a_value_to_another_plaintext()
    {
        // Several keys, in several statuses; one to three flipped bits, in the text or in the keyset under the base64.
        var keysets = Gen.UInt[1, uint.MaxValue].HashSet[1, 5].SelectMany(ids =>
            Gen.Byte.Array[KeysetKey.MaterialSize].Array[ids.Count].SelectMany(materials =>
                Gen.Bool.Array[ids.Count].Select(Gen.Int[0, ids.Count - 1], (enabled, primary) =>
                    (ids: ids.ToArray(), materials, enabled, primary))));
        Gen.Select(keysets, Gen.Bool, Gen.Int[0, int.MaxValue].Array[1, 3]).Sample((made, inText, bits) =>
        {
            using var keyset = new Keyset(made.ids[made.primary], made.ids.Select((id, i) =>
                new KeysetKey(id, made.enabled[i] || i == made.primary ? KeyStatus.Enabled : KeyStatus.Disabled, made.materials[i])));
            var values = keyset.Keys.Select(key => (key, Aead.Seal(key, $"secret of {key.Id}"))).ToArray();
            var text = InsecureCleartextKeyset.Write(keyset);
            var damaged = inText ? KnownAnswers.Utf8(text) : Convert.FromBase64String(text);
            foreach (var bit in bits)
                Flip(damaged, bit % (damaged.Length * 8));
            using var read = Read(inText ? damaged : KnownAnswers.Utf8(Convert.ToBase64String(damaged)));
            if (read is null)
                return;
            Assert.All(values, value => Assert.Contains(Aead.Open(read, value.Item2), (string?[])[null, $"secret of {value.key.Id}"]));
        });
    }

    private static void Flip(byte[] bytes, int bit) => bytes[bit / 8] ^= (byte)(1 << (bit % 8));

    private static Keyset? Read(byte[] text)
    {
        try
        {
            return InsecureCleartextKeyset.Read(text);
        }
        catch (InvalidKeysetException)
        {
            return null;
        }
    }
}
