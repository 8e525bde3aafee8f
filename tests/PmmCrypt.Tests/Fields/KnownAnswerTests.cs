using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>What PMM wrote, we read, in both formats; what we write is of the same form.</summary>
public sealed class KnownAnswerTests
{
    public static TheoryData<string, string, string> Values => KnownAnswers.Values;

    [Theory]
    [MemberData(nameof(Values))]
    public void What_PMM_wrote_in_the_legacy_format_opens(string keyFile, string stored, string plaintext)
    {
        using var cipher = Keys.Cipher(InsecureCleartextKeyset.Read(keyFile));

        Assert.Equal(plaintext, cipher.Decrypt(stored));
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void What_PMM_wrote_as_an_envelope_opens_whatever_format_is_written(string keyFile, string stored, string plaintext)
    {
        using var cipher = Keys.Cipher(InsecureCleartextKeyset.Read(keyFile));

        Assert.Equal(plaintext, cipher.Decrypt("pmm1$" + stored));
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void What_is_written_differs_in_its_nonce_alone_and_opens(string keyFile, string stored, string plaintext)
    {
        using var legacy = Keys.Cipher(InsecureCleartextKeyset.Read(keyFile));
        using var envelope = Keys.Cipher(InsecureCleartextKeyset.Read(keyFile), StoredFormat.Envelope);

        var first = legacy.Encrypt(plaintext)!;
        var second = envelope.Encrypt(plaintext)!;

        Assert.Equal(stored.Length, first.Length);
        Assert.Equal(stored[..6], first[..6]);
        Assert.NotEqual(stored, first);
        Assert.StartsWith("pmm1$" + stored[..6], second, StringComparison.Ordinal);
        Assert.Equal(plaintext, legacy.Decrypt(first));
        Assert.Equal(plaintext, legacy.Decrypt(second));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Null_and_the_empty_string_stay_as_they_are(string? value)
    {
        using var cipher = Keys.Cipher(Keys.A);

        Assert.Equal(value, cipher.Encrypt(value));
        Assert.Equal(value, cipher.Decrypt(value));
        Assert.Equal(StoredValueState.Empty, cipher.Inspect(value).State);
    }
}
