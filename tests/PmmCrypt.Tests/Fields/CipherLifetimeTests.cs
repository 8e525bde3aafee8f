using PmmCrypt.Fields;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>A cipher owns copies of the keys: what becomes of the keyset that it was made from is nothing to it.</summary>
public sealed class CipherLifetimeTests
{
    private const string Stored = "ASBq8ilSRlQyj8zkKrwyBVvKvdFxHeczDhibny6GLosCK1pvKVrY5Ky0Hu0BXjDv";
    private const string Plaintext = "s3cr3t-p@ssw0rd";

    [Fact]
    public void It_is_used_for_the_first_time_after_the_keyset_was_disposed()
    {
        var keyset = Keys.B;
        using var cipher = Keys.Cipher(keyset);
        keyset.Dispose();

        Assert.Equal(Plaintext, cipher.Decrypt(Stored));
        Assert.Equal(Plaintext, cipher.Decrypt(cipher.Encrypt(Plaintext)));
    }

    [Fact]
    public void A_thread_that_comes_after_the_keyset_was_disposed_uses_it_too()
    {
        var keyset = Keys.B;
        using var cipher = Keys.Cipher(keyset);
        Assert.Equal(Plaintext, cipher.Decrypt(Stored));
        keyset.Dispose();
        string? opened = null;
        Exception? failure = null;

        var thread = new Thread(() => failure = Record.Exception(() => opened = cipher.Decrypt(Stored)));
        thread.Start();
        thread.Join();

        Assert.Null(failure);
        Assert.Equal(Plaintext, opened);
    }

    [Fact]
    public void The_keyset_works_on_after_a_cipher_of_it_was_disposed()
    {
        using var keyset = Keys.B;
        using (var first = Keys.Cipher(keyset))
            Assert.Equal(Plaintext, first.Decrypt(Stored));

        using var second = Keys.Cipher(keyset);

        Assert.Equal(Plaintext, second.Decrypt(Stored));
    }

    [Fact]
    public void A_cipher_that_was_disposed_encrypts_nothing()
    {
        var cipher = Keys.Cipher(Keys.B);
        cipher.Encrypt(Plaintext);
        cipher.Dispose();

        Assert.ThrowsAny<ObjectDisposedException>(() => cipher.Encrypt(Plaintext));
        Assert.ThrowsAny<ObjectDisposedException>(() => cipher.Decrypt(Stored));
    }
}
