using System.Reflection;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Pmm.Tests;

/// <summary>
/// The generated walk over an object, which is the one both of EncryptFields and of DecryptFields: it meets every field of the table
/// once, and sets the property that the field is stored in.
/// </summary>
public sealed class ObjectWalkTests
{
    [Fact]
    public void Every_field_of_an_agent_is_met_once_and_set()
    {
        var agent = new Agent
        {
            AgentId = "agent_id",
            Username = "username",
            Password = "password",
            AgentPassword = "agent_password",
            AwsOptions = new() { AccessKey = "aws_options.aws_access_key", SecretKey = "aws_options.aws_secret_key" },
            AzureOptions = new()
            {
                SubscriptionId = "azure_options.subscription_id",
                ClientId = "azure_options.client_id",
                ClientSecret = "azure_options.client_secret",
                TenantId = "azure_options.tenant_id",
                ResourceGroup = "clear",
            },
            MongoOptions = new()
            {
                TlsCertificateKey = "mongo_options.tls_certificate_key",
                TlsCertificateKeyFilePassword = "mongo_options.tls_certificate_key_file_password",
                TlsCa = "clear",
            },
            MySqlOptions = new() { TlsCert = "mysql_options.tls_cert", TlsKey = "mysql_options.tls_key", TlsCa = "clear" },
            PostgreSqlOptions = new() { SslCert = "postgresql_options.ssl_cert", SslKey = "postgresql_options.ssl_key", SslCa = "clear" },
            AwsAccessKey = "aws_access_key",
            AwsSecretKey = "aws_secret_key",
            MongoDbTlsOptions = new()
            {
                TlsCertificateKey = "mongo_db_tls_options.tls_certificate_key",
                TlsCertificateKeyFilePassword = "mongo_db_tls_options.tls_certificate_key_file_password",
            },
            ValkeyOptions = new() { SslCert = "valkey_options.ssl_cert", SslKey = "valkey_options.ssl_key", SslCa = "clear" },
        };

        // Each value is the name of its field, so a property with another's field shows.
        Assert.Equal(Agent.EncryptedTable.Fields.Select(field => field.Name), Visit(agent, value => $"<{value}>"));
        Assert.Equal(Agent.EncryptedTable.Fields.Select(field => $"<{field.Name}>"), Visit(agent, value => value));
        Assert.Equal("agent_id", agent.AgentId);
        Assert.Equal("clear", agent.AzureOptions.ResourceGroup);
        Assert.Equal("clear", agent.MongoOptions.TlsCa);
        Assert.Equal("clear", agent.MySqlOptions.TlsCa);
        Assert.Equal("clear", agent.PostgreSqlOptions.SslCa);
        Assert.Equal("clear", agent.ValkeyOptions.SslCa);
    }

    [Fact]
    public void Columns_that_are_null_are_passed_over()
    {
        Assert.Equal([null, null, null, null, null], Visit(new Agent { AgentId = "a" }, value => value));
        Assert.Empty(Visit(new BackupLocation { Id = "b" }, value => value));
        Assert.Empty(Visit(new PmmSettings(), value => value));
    }

    [Fact]
    public void A_direction_needs_a_cipher()
    {
        Assert.Throws<ArgumentNullException>(() => new PmmSettings().EncryptFields(null!));
        Assert.Throws<ArgumentNullException>(() => new PmmSettings().DecryptFields(null!));
    }

    /// <summary>Runs the walk itself, with a change of ours in place of a direction; the values that it met, in their order.</summary>
    private static List<string?> Visit<TEntity>(TEntity entity, Func<string?, string?> change)
        where TEntity : IEncryptedEntity
    {
        var each = new Recorder(change);
        typeof(TEntity).GetNestedType("EncryptedFields", BindingFlags.NonPublic)!
            .GetMethod("Visit", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, [entity, each]);
        Assert.All(each.Fields, field => Assert.Same(TEntity.EncryptedTable, field.Table));
        Assert.Equal(each.Fields.Count, each.Fields.Distinct().Count());
        foreach (var (value, field) in each.Met.Zip(each.Fields))
            Assert.True(value is null || value.Trim('<', '>') == field.Name, $"{field} met {value}.");
        return each.Met;
    }

    private sealed class Recorder(Func<string?, string?> change) : FieldChange
    {
        public List<string?> Met { get; } = [];

        public List<EncryptedField> Fields { get; } = [];

        public override string? Apply(string? value, EncryptedField field)
        {
            Met.Add(value);
            Fields.Add(field);
            return change(value);
        }

        public override Secret<T> Apply<T>(Secret<T> secret, SecretText<T> text, EncryptedField field) => throw new NotSupportedException();
    }
}
