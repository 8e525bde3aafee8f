using PmmCrypt.Fields;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>What has the shape of a ciphertext, to the bit: .NET's own decoder is not strict.</summary>
public sealed class ShapeTests
{
    private const string Stored = "AYxEFsZsg7lp9+eSy6+wPFHlaNNy0ZpTbYN0NuCLPnQOZUYf2S6H9B+XJdF4+DscxC/pJwI=";

    /// <summary>Values that a keyset without key A must take for what they are: text.</summary>
    public static TheoryData<string> Plaintexts =>
    [
        "just-a-password",
        "with spaces and $ymbols",
        "AeEBAg==",                                             // base64 of 0x01…, too short
        Convert.ToBase64String([1, .. new byte[31]]),           // a byte too short
        Convert.ToBase64String([2, .. new byte[40]]),           // another version
        Stored.Insert(10, " "),
        Stored.Insert(10, "    "),                              // by four, so that the length tells nothing
        Stored.Insert(10, "\r\n\r\n"),
        "\t\t\t\t" + Stored,
        Stored.Insert(10, "\t"),
        Stored.Insert(10, "\n"),
        Stored + "\n",
        " " + Stored,
        Stored[..^1],                                           // no padding
        Stored[..^2] + "J=",                                    // stray bits behind the last byte
        Stored.Replace('+', '-').Replace('/', '_'),             // base64url
        "pmm1",
        "PMM1$" + Stored,
    ];

    [Theory]
    [MemberData(nameof(Plaintexts))]
    public void What_is_not_exactly_a_ciphertext_is_in_the_clear(string value)
    {
        using var cipher = Keys.Cipher(Keys.B, clearText: ClearText.Passed);

        Assert.Equal(StoredValueState.Clear, cipher.Inspect(value).State);
        Assert.Equal(value, cipher.Decrypt(value));
    }

    [Fact]
    public void The_shortest_ciphertext_is_one()
    {
        var value = Convert.ToBase64String([1, 1, 2, 3, 4, .. new byte[28]]);
        using var cipher = Keys.Cipher(Keys.A);

        Assert.Equal(StoredValueState.UnknownKey, cipher.Inspect(value).State);
        Assert.Equal(0x01020304u, cipher.Inspect(value).KeyId);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(30)]
    [InlineData(40)]
    public void What_begins_as_under_a_key_of_the_keyset_and_is_cut_short_is_damaged(int cut)
    {
        using var cipher = Keys.Cipher(Keys.A, clearText: ClearText.Passed);

        var value = cipher.Inspect(Stored[..^cut]);

        Assert.True(value.State is StoredValueState.Malformed or StoredValueState.AuthenticationFailed, value.State.ToString());
        Assert.Equal(KnownAnswers.IdA, value.KeyId);
        Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(Stored[..^cut]));
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("\n")]
    [InlineData("!")]
    public void What_begins_as_under_a_key_of_the_keyset_and_is_not_base64_is_damaged(string stray)
    {
        using var cipher = Keys.Cipher(Keys.A);

        Assert.Equal(StoredValueState.Malformed, cipher.Inspect(Stored.Insert(20, stray)).State);
    }

    [Theory]
    [InlineData("pmm1$")]
    [InlineData("pmm1$secret")]
    [InlineData("pmm1$AeEBAg==")]
    [InlineData("pmm1$AYxEFsZsg7lp9 eSy6+wPFHlaNNy0ZpTbYN0NuCLPnQOZUYf2S6H9B+XJdF4+DscxC/pJwI=")]
    public void An_envelope_that_holds_no_ciphertext_is_damaged_and_never_a_secret(string value)
    {
        using var cipher = Keys.Cipher(Keys.B, clearText: ClearText.Passed);

        Assert.Equal(StoredValueState.Malformed, cipher.Inspect(value).State);
        Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(value));
    }
}
