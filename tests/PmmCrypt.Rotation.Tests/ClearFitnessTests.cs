using System.Text;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Which secrets can stand in the clear, and why the others cannot.</summary>
public sealed class ClearFitnessTests
{
    [Theory]
    [InlineData("")]
    [InlineData("pass")]
    [InlineData("пароль \t\"'")]
    [InlineData("AQ==")]
    public void Text_can(string secret) => Assert.Null(WhyNot(Encoding.UTF8.GetBytes(secret)));

    [Fact]
    public void What_is_no_text_or_would_be_taken_for_a_ciphertext_cannot()
    {
        using var stranger = KeysetManager.Generate();

        Assert.Equal("its secret is not UTF-8 text, and nothing else can be stored in the clear", WhyNot([0x70, 0xff]));
        Assert.Equal("its secret holds a NUL, which no database stores in the clear", WhyNot("a\0b"u8));
        Assert.Equal(
            $"its secret looks like a ciphertext, of key {stranger.Primary.Id}, and would be taken for one",
            WhyNot(Encoding.ASCII.GetBytes(Vault.Seal(stranger, "x"))));
        Assert.Equal("its secret begins as a ciphertext does, and would be taken for a damaged one", WhyNot("pmm1$ecret"u8));
    }

    private static string? WhyNot(ReadOnlySpan<byte> secret)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        return ClearFitness.WhyNot(secret, cipher);
    }
}
