using System.Text.Json;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>With --json, standard output is one document, whatever became of the run, and the document has the exit code.</summary>
[Trait("Category", "Slow")]
public sealed class JsonTests
{
    public static TheoryData<string> AllVerbs => Verbs.Names;

    [Theory, MemberData(nameof(AllVerbs))]
    public async Task A_verb_that_does_its_work_prints_one_document(string verb)
    {
        using var service = Service.Encrypted();
        var older = HandKeyset.Generate();
        service.Keys.WithOlder(older).Save(service.KeyFile);
        HandKeyset.Generate().Save(service["other.key"]);
        await File.WriteAllTextAsync(service["backup.json"], """{"created_at": "2026-01-01T00:00:00Z", "tables": {}}""");
        string[] operand = verb switch
        {
            "key generate" => ["--output", service["new.key"]],
            "key promote" or "key disable" or "key enable" or "key destroy" => [$"{older.Primary}"],
            "key merge" => [service["other.key"]],
            "key find" => [service.Folder],
            "restore" => [service["backup.json"]],
            "decrypt" => ["--i-want-plaintext-in-the-database"],
            "demo" => ["--folder", service["demo"]],
            _ => [],
        };

        (await service.RunAsync([.. verb.Split(' '), .. operand, "--json"])).Ends(0).Json();
    }

    [Theory]
    [InlineData("key generate --output {0}/pmm.key", 5)]
    [InlineData("key list --key-file {0}/none.key", 3)]
    [InlineData("key add --key-file {0}/none.key", 3)]
    [InlineData("key promote 1", 5)]
    [InlineData("key disable 1", 5)]
    [InlineData("key enable 1", 5)]
    [InlineData("key destroy 1", 5)]
    [InlineData("key merge {0}/none.key", 3)]
    [InlineData("init --connection sqlite:{0}/none.db", 8)]
    [InlineData("status --connection sqlite:{0}/none.db", 8)]
    [InlineData("rotate --backup {0}/pmm.key", 5)]
    [InlineData("verify", 4)]
    [InlineData("status", 4)]
    [InlineData("demo --folder {0}", 1)]
    public async Task A_verb_that_fails_prints_one_document_with_error_and_hint(string line, int exitCode)
    {
        using var service = Service.Encrypted();
        if (exitCode == 4) service.Damage("000001", "password");
        var arguments = line.Replace("{0}", service.Folder, StringComparison.Ordinal).Split(' ');
        string[] database = arguments.Contains("--connection") ? [] : ["--connection", service.Connection];
        string[] key = arguments.Contains("--key-file") ? [] : ["--key-file", service.KeyFile];

        var result = (await service.RunBareAsync([.. arguments, .. database, .. key, "--json"])).Ends(exitCode).Says("error: ", "hint: ");

        Assert.NotEmpty(result.Json().GetProperty("error").GetString()!);
        Assert.NotEmpty(result.Json().GetProperty("hint").GetString()!);
    }

    [Fact]
    public async Task Values_that_do_not_open_are_listed_with_table_row_field_and_key()
    {
        using var service = Service.Encrypted();
        service.Damage("000002", "username");

        var problem = Assert.Single((await service.RunAsync("verify", "--json")).Ends(4).Json().GetProperty("problems").EnumerateArray());

        Assert.Equal("agents", problem.GetProperty("table").GetString());
        Assert.Equal("username", problem.GetProperty("field").GetString());
        Assert.Contains("000002", problem.GetProperty("row").GetString(), StringComparison.Ordinal);
        Assert.Equal(service.Keys.Primary, problem.GetProperty("keyId").GetUInt32());
    }

    [Fact]
    public async Task A_status_counts_each_field_by_key_and_format()
    {
        using var service = Service.Encrypted(agents: 5);

        var status = (await service.RunAsync("status", "--json")).Ends(0).Json();

        Assert.Equal(15, status.GetProperty("opened").GetInt64());
        foreach (var name in new[] { "username", "password", "mysql_options.tls_key" })
        {
            var field = status.GetProperty("fields").EnumerateArray().Single(field => field.GetProperty("field").GetString() == name);
            Assert.Equal("agents", field.GetProperty("table").GetString());
            var encrypted = Assert.Single(field.GetProperty("encrypted").EnumerateArray());
            Assert.Equal(service.Keys.Primary, encrypted.GetProperty("keyId").GetUInt32());
            Assert.Equal("legacy", encrypted.GetProperty("format").GetString());
            Assert.Equal(5, encrypted.GetProperty("values").GetInt64());
        }
    }

    [Fact]
    public async Task Work_that_remains_and_clear_values_have_their_code_in_the_document()
    {
        using var service = Service.InTheClear();
        HandKeyset.Generate().Save(service.KeyFile);

        (await service.RunAsync("init", "--dry-run", "--json")).Ends(2).Json();
        (await service.RunAsync("status", "--require-encrypted", "--json")).Ends(2).Json();
        (await service.RunAsync("verify", "--require-encrypted", "--json")).Ends(4).Says("error: ", "hint: ").Json();
    }

    [Fact]
    public async Task A_rotation_reports_what_it_did()
    {
        using var service = Service.Encrypted(agents: 4);

        var rotation = (await service.RunAsync("rotate", "--json")).Ends(0).Json();

        Assert.Equal(service.Keys.Primary, rotation.GetProperty("primaryKeyId").GetUInt32());
        Assert.Equal("add", rotation.GetProperty("key").GetProperty("action").GetString());
        Assert.Equal(4, rotation.GetProperty("rowsReplaced").GetInt64());
        Assert.Equal(12, rotation.GetProperty("verified").GetProperty("opened").GetInt64());
        Assert.Equal(JsonValueKind.False, rotation.GetProperty("dryRun").ValueKind);
    }
}
