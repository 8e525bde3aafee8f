using PmmCrypt.Fields;
using PmmCrypt.Keysets;

namespace PmmCrypt.Pmm.Tests;

/// <summary>An agent as a service holds it: encrypted before it is saved, decrypted after it is loaded.</summary>
public sealed class AgentTests
{
    /// <summary>A keyset of PMM's public tests, and what Tink encrypted under it.</summary>
    private const string KeyFile =
        "CKnkq4MCEmQKWAowdHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUuY3J5cHRvLnRpbmsuQWVzR2Nt"
        + "S2V5EiIaIJmlB9DkdPQl72oX8bfZrsaBejSVjL0C8/T80Cvz/JxsGAEQARip5KuDAiAB";

    private const string User = "ASBq8ikTv4J8ZfHEa5QtAVG2S/rOx2PdZTNOVsi/Q8LDwTC+gSjRq3U=";
    private const string Password = "ASBq8ilSRlQyj8zkKrwyBVvKvdFxHeczDhibny6GLosCK1pvKVrY5Ky0Hu0BXjDv";
    private const string AccessKey = "ASBq8imAYQb+FZFrvfJTnkkkpAUO84LIfWKAF8mYgQuTwc/a6TiXy/trtgF1gzV41L1Lp4A=";
    private const string TlsKey =
        "ASBq8imcY8aeNcbSZWLB5jpgVfEkNci3r73E7aSSCvpiIa+SVsngMsm//W/7+r6oD0dGXTAErchEtrmlgNtNImQn"
        + "n+Is+P/qdo/PrWuhqUccigxaQ0FENwLHJCiMRdrDKtpVfFDSln1QX722Z5siJGrm8G2I2N91evVIUrAebDU=";

    private const string Pem = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n-----END PRIVATE KEY-----\n";

    [Theory]
    [InlineData("")]
    [InlineData("pmm1$")]
    public void What_PMM_encrypted_opens_field_by_field_in_both_formats(string prefix)
    {
        using var keyset = InsecureCleartextKeyset.Read(KeyFile);
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var agent = Full(prefix + User, prefix + Password, prefix + AccessKey, prefix + TlsKey);

        agent.DecryptFields(cipher);

        AssertSame(Full("pmm-user", "s3cr3t-p@ssw0rd", "AKIAIOSFODNN7EXAMPLE", Pem), agent);
    }

    [Fact]
    public void Its_secrets_go_through_envelopes_and_come_back()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Envelope);
        var agent = Full("user", "password", "AKIA", Pem);

        agent.EncryptFields(cipher);

        foreach (var secret in Secrets(agent))
        {
            Assert.StartsWith("pmm1$", secret, StringComparison.Ordinal);
            Assert.Equal((keyset.Primary.Id, 1), (cipher.Inspect(secret).KeyId, cipher.Inspect(secret).Layers));
        }

        Assert.Equal("ca", agent.MySqlOptions!.TlsCa);
        agent.DecryptFields(cipher);
        AssertSame(Full("user", "password", "AKIA", Pem), agent);
    }

    [Fact]
    public void For_PMM_3_9_what_that_reads_in_the_clear_stays_there()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var agent = Full("user", "password", "AKIA", Pem);

        agent.EncryptFields(cipher);

        Assert.Equal(Pem, agent.ValkeyOptions!.SslKey);
        Assert.All(Secrets(agent).Where(secret => secret != Pem), secret =>
            Assert.Equal((StoredValueState.Opened, StoredFormat.Legacy), (cipher.Inspect(secret).State, cipher.Inspect(secret).Format)));
        agent.DecryptFields(cipher);
        AssertSame(Full("user", "password", "AKIA", Pem), agent);
    }

    [Fact]
    public void What_does_not_open_is_an_error_that_names_the_field_and_never_the_secret()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy, ClearText.Passed);
        var agent = new Agent { AgentId = "a", MySqlOptions = new() { TlsKey = TlsKey } };

        var error = Assert.Throws<FieldDecryptionException>(() => agent.DecryptFields(cipher));

        Assert.Equal("agents.mysql_options.tls_key", $"{error.Field}");
        Assert.Equal(543879721u, error.KeyId);
        Assert.DoesNotContain(TlsKey, error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>What saving a row costs a service's memory, by the code that the generator wrote.</summary>
    [Fact]
    public void Encrypting_its_secrets_allocates_what_is_stored_and_nothing_else_for_each()
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, StoredFormat.Envelope);
        var stored = Full("user", "password", "AKIA", Pem);
        stored.EncryptFields(cipher);

        var strings = Secrets(stored).Sum(secret => Allocated(() => secret!.Length, length => GC.KeepAlive(new string('x', length))));
        var all = Allocated(() => Full("user", "password", "AKIA", Pem), agent => agent.EncryptFields(cipher));
        var none = Allocated(() => new Agent { AgentId = "a" }, agent => agent.EncryptFields(cipher));

        Assert.Equal(strings, all - none);
    }

    [Fact]
    public void None_of_the_entities_shows_what_is_in_it()
    {
        var agent = Full("user", "password", "AKIA", Pem);
        var shown = $"{agent} {agent.AwsOptions} {agent.AzureOptions} {agent.MongoOptions} {agent.MySqlOptions} "
            + $"{agent.PostgreSqlOptions} {agent.ValkeyOptions} {new S3Config { SecretKey = Pem }} {new AdreModel { Id = 1, ApiKey = Pem }} "
            + $"{new AdreProvisioning { Id = true, SlackBotToken = Pem }}";

        foreach (var secret in new[] { "user", "password", "AKIA", Pem })
            Assert.DoesNotContain(secret, shown, StringComparison.Ordinal);
    }

    /// <summary>Bytes, at best: what is pooled may be made anew after a collection.</summary>
    private static long Allocated<T>(Func<T> make, Action<T> act) =>
        Enumerable.Range(0, 20).Select(_ => make()).ToArray().Min(item =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            act(item);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });

    private static Agent Full(string user, string password, string accessKey, string pem) => new()
    {
        AgentId = "a",
        Username = user,
        Password = password,
        AgentPassword = password,
        AwsOptions = new() { AccessKey = accessKey, SecretKey = password },
        AzureOptions = new() { SubscriptionId = user, ClientId = user, ClientSecret = password, TenantId = user },
        MongoOptions = new() { TlsCertificateKey = pem, TlsCertificateKeyFilePassword = password },
        MySqlOptions = new() { TlsCa = "ca", TlsCert = pem, TlsKey = pem },
        PostgreSqlOptions = new() { SslCert = pem, SslKey = pem },
        ValkeyOptions = new() { SslCert = pem, SslKey = pem },
    };

    private static string?[] Secrets(Agent agent) =>
    [
        agent.Username, agent.Password, agent.AgentPassword, agent.AwsOptions!.AccessKey, agent.AwsOptions.SecretKey,
        agent.AzureOptions!.SubscriptionId, agent.AzureOptions.ClientId, agent.AzureOptions.ClientSecret, agent.AzureOptions.TenantId,
        agent.MongoOptions!.TlsCertificateKey, agent.MongoOptions.TlsCertificateKeyFilePassword, agent.MySqlOptions!.TlsCert,
        agent.MySqlOptions.TlsKey, agent.PostgreSqlOptions!.SslCert, agent.PostgreSqlOptions.SslKey, agent.ValkeyOptions!.SslCert,
        agent.ValkeyOptions.SslKey,
    ];

    private static void AssertSame(Agent expected, Agent actual) => Assert.Equal(Secrets(expected), Secrets(actual));
}
