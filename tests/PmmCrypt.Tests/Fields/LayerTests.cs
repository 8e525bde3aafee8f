using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>Layers that PMM 3.0 to 3.9.0 stacked (PMM-15188), and secrets that merely look like one.</summary>
public sealed class LayerTests
{
    private const string Secret = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";

    public static TheoryData<int> UpTo16 => [.. Enumerable.Range(1, 16)];

    [Theory]
    [MemberData(nameof(UpTo16))]
    public void Every_layer_is_opened_and_counted(int layers)
    {
        using var cipher = Keys.Cipher(Keys.BAfterA);

        var stored = Stack(Secret, layers);

        Assert.Equal(Secret, cipher.Decrypt(stored));
        Assert.Equal(layers, cipher.Inspect(stored).Layers);
        Assert.Equal(StoredValueState.Opened, cipher.Inspect(stored).State);
    }

    [Fact]
    public void More_layers_than_PMM_opens_are_refused_and_the_ciphertext_is_not_handed_on()
    {
        using var cipher = Keys.Cipher(Keys.BAfterA, clearText: ClearText.Passed);

        var stored = Stack(Secret, 17);

        Assert.Equal(StoredValueState.TooManyLayers, cipher.Inspect(stored).State);
        Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored));
    }

    [Fact]
    public void Encrypting_what_has_too_many_layers_puts_no_further_one_over_it()
    {
        using var cipher = Keys.Cipher(Keys.BAfterA);
        var stored = Stack(Secret, 17);

        Assert.Same(stored, cipher.Encrypt(stored));
    }

    [Fact]
    public void The_keys_of_the_layers_are_told_from_the_outermost_on()
    {
        var stored = Keys.Layer(Keys.B, Keys.Layer(Keys.A, Keys.Layer(Keys.A, Secret, StoredFormat.Envelope)));
        using var cipher = Keys.Cipher(Keys.BAfterA);

        var value = cipher.Inspect(stored);

        Assert.Equal(3, value.Layers);
        Assert.Equal(KnownAnswers.IdB, value.KeyOfLayer(0));
        Assert.Equal(KnownAnswers.IdA, value.KeyOfLayer(1));
        Assert.Equal(KnownAnswers.IdA, value.KeyOfLayer(2));
        Assert.Equal(KnownAnswers.IdB, value.KeyId);
        Assert.Equal(StoredFormat.Legacy, value.Format);
        Assert.False(value.SecretLooksEncrypted);
    }

    [Fact]
    public void A_layer_under_a_disabled_key_is_opened_beneath_an_enabled_one()
    {
        var stored = Keys.Layer(Keys.B, Keys.Layer(Keys.A, Secret));
        using var manager = new KeysetManager(Keys.BAfterA);
        manager.Disable(KnownAnswers.IdA);
        using var cipher = Keys.Cipher(manager.ToKeyset());

        Assert.Equal(Secret, cipher.Decrypt(stored));
    }

    [Fact]
    public void An_outermost_layer_under_a_disabled_key_is_not_opened_whatever_lies_beneath_it()
    {
        var stored = Keys.Layer(Keys.A, Keys.Layer(Keys.B, Secret));
        using var manager = new KeysetManager(Keys.BAfterA);
        manager.Disable(KnownAnswers.IdA);
        using var cipher = Keys.Cipher(manager.ToKeyset(), clearText: ClearText.Passed);

        Assert.Equal((StoredValueState.DisabledKey, KnownAnswers.IdA), (cipher.Inspect(stored).State, cipher.Inspect(stored).KeyId));
        Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored));
    }

    [Theory]
    [InlineData(StoredFormat.Legacy)]
    [InlineData(StoredFormat.Envelope)]
    public void Beneath_several_layers_too_a_look_alike_is_the_secret(StoredFormat format)
    {
        var lookAlike = Keys.Layer(Keys.A, Secret, format);
        var stored = Keys.Layer(Keys.B, Keys.Layer(Keys.B, Keys.Layer(Keys.B, lookAlike), StoredFormat.Envelope));
        using var cipher = Keys.Cipher(Keys.B);

        Assert.Equal(lookAlike, cipher.Decrypt(stored));
        Assert.Equal((3, true), (cipher.Inspect(stored).Layers, cipher.Inspect(stored).SecretLooksEncrypted));
    }

    [Fact]
    public void A_secret_that_looks_like_a_ciphertext_of_another_key_is_the_secret()
    {
        var lookAlike = Keys.Layer(Keys.A, Secret);
        using var cipher = Keys.Cipher(Keys.B);
        var stored = cipher.Encrypt(lookAlike)!;

        Assert.Equal(lookAlike, cipher.Decrypt(stored));
        Assert.Equal(1, cipher.Inspect(stored).Layers);
        Assert.True(cipher.Inspect(stored).SecretLooksEncrypted);
    }

    [Fact]
    public void A_secret_that_looks_like_a_ciphertext_and_is_not_authentic_is_the_secret()
    {
        var bytes = Convert.FromBase64String(Keys.Layer(Keys.B, Secret));
        bytes[20] ^= 1;
        var lookAlike = Convert.ToBase64String(bytes);
        using var cipher = Keys.Cipher(Keys.B);
        var stored = cipher.Encrypt(lookAlike)!;

        Assert.Equal(lookAlike, cipher.Decrypt(stored));
        Assert.True(cipher.Inspect(stored).SecretLooksEncrypted);
    }

    [Theory]
    [InlineData(StoredFormat.Legacy)]
    [InlineData(StoredFormat.Envelope)]
    public void Encrypting_what_is_encrypted_already_adds_no_layer(StoredFormat format)
    {
        using var cipher = Keys.Cipher(Keys.BAfterA, format);
        var once = cipher.Encrypt(Secret);
        var older = Keys.Layer(Keys.A, Secret);

        Assert.Equal(once, cipher.Encrypt(once));
        Assert.Equal(older, cipher.Encrypt(older));
    }

    private static string Stack(string secret, int layers)
    {
        for (var i = 0; i < layers; i++)
            secret = Keys.Layer(i % 2 == 0 ? Keys.A : Keys.B, secret, i % 3 == 1 ? StoredFormat.Envelope : StoredFormat.Legacy);
        return secret;
    }
}
