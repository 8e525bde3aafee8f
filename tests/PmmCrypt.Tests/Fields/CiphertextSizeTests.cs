using PmmCrypt.Fields;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Fields;

public sealed class CiphertextSizeTests
{
    [Theory]
    [InlineData(StoredFormat.Legacy)]
    [InlineData(StoredFormat.Envelope)]
    public void Is_as_long_as_what_the_cipher_writes(StoredFormat format)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, format);

        foreach (var size in Enumerable.Range(1, 100))
            Assert.Equal(cipher.Encrypt(new string('x', size))!.Length, CiphertextSize.Of(size, format));
    }

    [Theory]
    [InlineData(StoredFormat.Legacy)]
    [InlineData(StoredFormat.Envelope)]
    public void The_largest_plaintext_fits_and_a_byte_more_does_not(StoredFormat format)
    {
        foreach (var room in Enumerable.Range(0, 300))
        {
            var largest = CiphertextSize.LargestPlaintext(room, format);
            if (largest is { } bytes)
                Assert.InRange(CiphertextSize.Of(bytes, format), 0, room);
            Assert.True(CiphertextSize.Of((largest ?? 0) + 1, format) > room);
        }
    }

    [Fact]
    public void Of_nothing_is_what_a_ciphertext_is_longer_by()
    {
        // Version, key id, nonce and tag are 1 + 4 + 12 + 16 bytes: 33, which are 44 characters of base64.
        Assert.Equal(44, CiphertextSize.Of(0, StoredFormat.Legacy));
        Assert.Equal(49, CiphertextSize.Of(0, StoredFormat.Envelope));
        Assert.Null(CiphertextSize.LargestPlaintext(44, StoredFormat.Legacy));
        Assert.Throws<ArgumentOutOfRangeException>("plaintextBytes", () => CiphertextSize.Of(-1, StoredFormat.Legacy));
        Assert.Throws<ArgumentOutOfRangeException>("characters", () => CiphertextSize.LargestPlaintext(-1, StoredFormat.Legacy));
        var none = Assert.Throws<ArgumentOutOfRangeException>("format", () => CiphertextSize.Of(1, StoredFormat.Unknown));
        Assert.Contains("Legacy or Envelope", none.Message, StringComparison.Ordinal);
    }
}
