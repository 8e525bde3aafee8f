using System.Buffers;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Tests.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>What does not open is an exception that names field and key, and holds no byte of the value.</summary>
public sealed class FailureTests
{
    private const string Marker = "MARKED-SECRET-4711";

    private static readonly EncryptedField Password = new("password", StoredFormats.All);
    private static readonly EncryptedField LaterOnly = new("later", StoredFormats.Envelope);

    [Theory]
    [InlineData(StoredFormat.Legacy)]
    [InlineData(StoredFormat.Envelope)]
    public void A_key_that_is_not_in_the_keyset_is_named(StoredFormat format)
    {
        var stored = Keys.Layer(Keys.A, Marker, format);
        using var cipher = Keys.Cipher(Keys.B, clearText: ClearText.Passed);

        var failure = Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored, Password));

        AssertNames(failure, StoredValueState.UnknownKey, stored);
    }

    [Fact]
    public void A_key_that_is_disabled_is_named()
    {
        var stored = Keys.Layer(Keys.A, Marker);
        using var manager = new KeysetManager(Keys.BAfterA);
        manager.Disable(KnownAnswers.IdA);
        using var cipher = Keys.Cipher(manager.ToKeyset());

        AssertNames(Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored, Password)), StoredValueState.DisabledKey, stored);
    }

    [Fact]
    public void A_value_that_does_not_authenticate_is_named()
    {
        var bytes = Convert.FromBase64String(Keys.Layer(Keys.A, Marker));
        bytes[^1] ^= 1;
        var stored = Convert.ToBase64String(bytes);
        using var cipher = Keys.Cipher(Keys.A);

        AssertNames(Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored, Password)), StoredValueState.AuthenticationFailed,
            stored);
    }

    [Fact]
    public void A_value_in_the_clear_is_refused_unless_it_was_allowed()
    {
        using var strict = Keys.Cipher(Keys.A);
        using var lenient = Keys.Cipher(Keys.A, clearText: ClearText.Passed);

        var failure = Assert.Throws<FieldDecryptionException>(() => strict.Decrypt(Marker, Password));

        Assert.Equal(StoredValueState.Clear, failure.State);
        Assert.DoesNotContain(Marker, failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(Marker, lenient.Decrypt(Marker, Password));
    }

    [Fact]
    public void A_field_that_is_in_the_clear_in_this_format_stays_so_both_ways()
    {
        using var legacy = Keys.Cipher(Keys.A);
        using var envelope = Keys.Cipher(Keys.A, StoredFormat.Envelope);

        Assert.Equal(Marker, legacy.Encrypt(Marker, LaterOnly));
        Assert.Equal(Marker, legacy.Decrypt(Marker, LaterOnly));
        Assert.Equal(Marker, legacy.Decrypt(envelope.Encrypt(Marker, LaterOnly), LaterOnly));
        Assert.StartsWith("pmm1$", envelope.Encrypt(Marker, LaterOnly), StringComparison.Ordinal);
        Assert.Throws<FieldDecryptionException>(() => envelope.Decrypt(Marker, LaterOnly));
    }

    [Theory]
    [InlineData(StoredFormat.Legacy)]
    [InlineData(StoredFormat.Envelope)]
    public void A_ciphertext_of_an_unknown_key_is_handed_on_by_no_field_and_no_format(StoredFormat format)
    {
        var stored = Keys.Layer(Keys.A, Marker, format);
        using var cipher = Keys.Cipher(Keys.B, clearText: ClearText.Passed);

        var failure = Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored, LaterOnly));

        Assert.Equal((StoredValueState.UnknownKey, KnownAnswers.IdA), (failure.State, failure.KeyId));
        Assert.Same(LaterOnly, failure.Field);
    }

    [Fact]
    public void Too_many_layers_are_named()
    {
        var stored = Marker;
        for (var layer = 0; layer < 17; layer++)
            stored = Keys.Layer(Keys.A, stored);
        using var cipher = Keys.Cipher(Keys.A);

        var failure = Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored, Password));

        Assert.Equal((StoredValueState.TooManyLayers, KnownAnswers.IdA), (failure.State, failure.KeyId));
        Assert.Same(Password, failure.Field);
        Assert.DoesNotContain(stored[10..30], failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_opens_to_bytes_that_are_no_text_is_named()
    {
        var written = new ArrayBufferWriter<byte>();
        using var cipher = Keys.Cipher(Keys.A);
        cipher.Encrypt([.. KnownAnswers.Utf8(Marker), 0xff], StoredFormat.Envelope, written);
        var stored = System.Text.Encoding.UTF8.GetString(written.WrittenSpan);

        var failure = Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(stored, Password));

        AssertNames(failure, StoredValueState.Opened, stored);
    }

    [Fact]
    public void A_plaintext_that_is_not_Unicode_is_refused_without_being_quoted()
    {
        using var cipher = Keys.Cipher(Keys.A);

        var failure = Assert.Throws<ArgumentException>(() => cipher.Encrypt(Marker + "\ud800", Password));

        Assert.DoesNotContain(Marker, failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("password", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_field_was_named_it_is_the_stored_value()
    {
        using var cipher = Keys.Cipher(Keys.A);

        var failure = Assert.Throws<FieldDecryptionException>(() => cipher.Decrypt(Marker));

        Assert.StartsWith("The stored value does not open", failure.Message, StringComparison.Ordinal);
        Assert.Null(failure.Field);
    }

    private static void AssertNames(FieldDecryptionException failure, StoredValueState state, string stored)
    {
        Assert.Equal(state, failure.State);
        Assert.Equal(KnownAnswers.IdA, failure.KeyId);
        Assert.Same(Password, failure.Field);
        Assert.Contains("password", failure.Message, StringComparison.Ordinal);
        Assert.Contains("2353272518", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Marker, failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(stored[10..30], failure.ToString(), StringComparison.Ordinal);
    }
}
