using System.Buffers;
using System.Text;
using PmmCrypt.Metadata;

namespace PmmCrypt.Pmm.Tests;

/// <summary>The generated walks over columns as PMM stores them. In the samples, what is replaced is put into angle brackets.</summary>
public sealed class StoredWalkTests
{
    [Fact]
    public void A_text_column_is_the_value()
    {
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "password", "secret");
        Assert.Equal(["agents.password=secret"], seen);
        Assert.Equal("<secret>", rewritten);
    }

    [Fact]
    public void Only_the_encrypted_members_are_replaced()
    {
        var (seen, rewritten) = Walk(
            Agent.EncryptedTable,
            "mysql_options",
            """{"tls_ca": "ca", "tls_key": "key",  "count":null, "x" : {"tls_key": "no", "n": [1.50, 1E+2]}, "tls_cert": "cert"}""");
        Assert.Equal(["agents.mysql_options.tls_key=key", "agents.mysql_options.tls_cert=cert"], seen);
        Assert.Equal(
            """{"tls_ca": "ca", "tls_key": "<key>",  "count":null, "x" : {"tls_key": "no", "n": [1.50, 1E+2]}, "tls_cert": "<cert>"}""",
            rewritten);
    }

    [Theory]
    [InlineData("aws_options", "aws_access_key", "aws_secret_key")]
    [InlineData("azure_options", "subscription_id", "client_id", "client_secret", "tenant_id")]
    [InlineData("mongo_options", "tls_certificate_key", "tls_certificate_key_file_password")]
    [InlineData("mongo_db_tls_options", "tls_certificate_key", "tls_certificate_key_file_password")]
    [InlineData("mysql_options", "tls_cert", "tls_key")]
    [InlineData("postgresql_options", "ssl_cert", "ssl_key")]
    [InlineData("valkey_options", "ssl_cert", "ssl_key")]
    public void Each_member_reaches_its_own_field(string column, params string[] members)
    {
        var document = "{" + string.Join(",", members.Select(member => $"\"{member}\":\"of {member}\"")) + "}";
        var (seen, _) = Walk(Agent.EncryptedTable, column, document);
        Assert.Equal(members.Select(member => $"agents.{column}.{member}=of {member}"), seen);
    }

    [Fact]
    public void S3_keys_reach_their_fields()
    {
        var (seen, rewritten) = Walk(
            BackupLocation.EncryptedTable,
            "s3_config",
            """{"endpoint":"e","access_key":"a","secret_key":"s","bucket_name":"b","bucket_region":""}""");
        Assert.Equal(["backup_locations.s3_config.access_key=a", "backup_locations.s3_config.secret_key=s"], seen);
        Assert.Equal("""{"endpoint":"e","access_key":"<a>","secret_key":"<s>","bucket_name":"b","bucket_region":""}""", rewritten);
    }

    [Fact]
    public void The_key_check_of_the_settings_reaches_its_field()
    {
        var (seen, rewritten) = Walk(
            PmmSettings.EncryptedTable,
            "settings",
            """{"sub":{"encryption_key_check":"no"},"encryption_key_check":"c","data_retention":2592000000000000}""");
        Assert.Equal(["settings.settings.encryption_key_check=c"], seen);
        Assert.Equal("""{"sub":{"encryption_key_check":"no"},"encryption_key_check":"<c>","data_retention":2592000000000000}""", rewritten);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("\"\"")]
    [InlineData("\"{}\"")]
    [InlineData("""{"tls_ca":"ca","table_count":1.50}""")]
    [InlineData("""{"tls_cert":null,"tls_key":""}""")]
    public void Where_no_value_is_nothing_is_shown_or_written(string stored)
    {
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "mysql_options", stored);
        Assert.Empty(seen);
        Assert.Null(rewritten);
    }

    [Fact]
    public void An_object_within_a_string_stays_in_its_string()
    {
        // PMM's migration 107 left such columns behind.
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "mysql_options", """ "{\"tls_key\": \"key\", \"n\": 1.50}" """);
        Assert.Equal(["agents.mysql_options.tls_key=key"], seen);
        Assert.Equal(""" "{\"tls_key\": \"<key>\", \"n\": 1.50}" """, rewritten);
    }

    [Theory]
    [InlineData(""" "{\"tls_key\": \"key\", \"n\": 1.50}" """, """ {"tls_key": "<key>", "n": 1.50} """)]
    [InlineData(""" "\n{\"tls_ca\":\"a\\nb\", \"tls_cert\":\"\"}" """, " \n{\"tls_ca\":\"a\\nb\", \"tls_cert\":\"\"} ")]
    [InlineData("\"{}\"", "{}")]
    public void Where_it_is_asked_for_the_object_stands_in_its_strings_place(string stored, string expected)
    {
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "mysql_options", stored, objects: true);
        Assert.Equal("mysql_options: within a string", seen[^1]);
        Assert.Equal(expected, rewritten);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("\"\"")]
    [InlineData("\"[]\"")]
    [InlineData("\"null\"")]
    [InlineData("\"{\"")]
    [InlineData("""  "{\"a\":\"\\u0000\"}"  """)]
    [InlineData("""  "{\"\\ud800\":1}"  """)]
    [InlineData("""  "{\"a\":1e999}"  """)]
    public void What_is_no_object_in_a_string_or_cannot_be_one_in_every_database_is_not_offered(string stored)
    {
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "mysql_options", stored, objects: true);
        Assert.DoesNotContain("mysql_options: within a string", seen);
        Assert.Null(rewritten);
    }

    [Fact]
    public void A_member_is_known_however_its_name_is_escaped()
    {
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "mysql_options", """{"tls\u005fkey":"key","\u0074ls_cert":"a\nb"}""");
        Assert.Equal(["agents.mysql_options.tls_key=key", "agents.mysql_options.tls_cert=a\nb"], seen);
        Assert.Equal("""{"tls\u005fkey":"<key>","\u0074ls_cert":"<a\nb>"}""", rewritten);
    }

    [Fact]
    public void A_member_that_stands_twice_is_replaced_twice()
    {
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "mysql_options", """{"tls_key":"one","tls_key":"two"}""");
        Assert.Equal(["agents.mysql_options.tls_key=one", "agents.mysql_options.tls_key=two"], seen);
        Assert.Equal("""{"tls_key":"<one>","tls_key":"<two>"}""", rewritten);
    }

    [Fact]
    public void A_name_in_other_letters_is_another_member()
    {
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "mysql_options", """{"TLS_KEY":"key","TlsKey":"key"}""");
        Assert.Empty(seen);
        Assert.Null(rewritten);
    }

    [Fact]
    public void A_member_of_another_type_is_reported_and_stays()
    {
        var (seen, rewritten) = Walk(Agent.EncryptedTable, "mysql_options", """{"tls_cert":"cert","tls_key":{"tls_cert":"no"}}""");
        Assert.Equal(["agents.mysql_options.tls_cert=cert", "agents.mysql_options.tls_key: NotAString"], seen);
        Assert.EndsWith("\"tls_key\":{\"tls_cert\":\"no\"}}", rewritten);
    }

    private static (IReadOnlyList<string> Seen, string? Rewritten) Walk(
        EncryptedTable table, string column, string stored, bool objects = false)
    {
        var visitor = new RecordingVisitor { WantsObjects = objects };
        var rewritten = new ArrayBufferWriter<byte>();
        var isReplaced = table.Columns.Single(candidate => candidate.Name == column)
            .Walk(Encoding.UTF8.GetBytes(stored), visitor, rewritten);
        return (visitor.Seen, isReplaced ? Encoding.UTF8.GetString(rewritten.WrittenSpan) : null);
    }
}
