using System.Text;
using System.Text.Json;

namespace PmmCrypt.Tool.Tests;

/// <summary>A check compares the model with the database: it ends with 2 where something is off, and says what to do.</summary>
public sealed class CheckTests
{
    [Fact]
    public async Task Ends_with_0_where_all_is_well_and_writes_nothing()
    {
        using var service = Service.Encrypted();
        var before = File.ReadAllBytes(service.Database);

        (await service.RunAsync("check")).Ends(0).Prints("PMM and the schema agree");

        Assert.Equal(before, File.ReadAllBytes(service.Database));
    }

    [Fact]
    public async Task Names_each_finding_with_what_it_means_and_what_to_do()
    {
        using var service = Service.Encrypted();
        service.StorePassword(1, $"{Service.Marker} in the clear");
        service.Execute("CREATE INDEX by_name ON agents (username)");
        service.Execute("CREATE TABLE copy AS SELECT username FROM agents");

        (await service.RunAsync("check")).Ends(2).Says("3 findings")
            .Prints("agents.username: the index by_name finds no row by its secret", "agents.password: 1 value in the clear",
                "    pmm-crypt encrypt encrypts them", "main.copy.username: ciphertexts in 3 rows");
        var json = (await service.RunAsync("check", "--json")).Ends(2).Json();

        Assert.Equal("PMM", json.GetProperty("model").GetString());
        Assert.Equal(
            [("index", "agents", "username"), ("clear", "agents", "password"), ("stray", "main.copy", "username")], Findings(json));
        Assert.All(json.GetProperty("findings").EnumerateArray(), finding =>
        {
            Assert.NotEmpty(finding.GetProperty("meaning").GetString()!);
            Assert.NotEmpty(finding.GetProperty("action").GetString()!);
        });
    }

    [Fact]
    public async Task Needs_no_key_file()
    {
        using var service = Service.Encrypted();
        File.Delete(service.KeyFile);
        (await service.RunAsync("check")).Ends(0);

        service.Execute("CREATE TABLE copy AS SELECT username FROM agents");
        (await service.RunAsync("check")).Ends(2).Prints("main.copy.username");
        Assert.False(File.Exists(service.KeyFile));
    }

    [Fact]
    public async Task Has_no_finding_for_what_older_versions_of_PMM_do_not_have()
    {
        using var service = Service.Encrypted();
        service.Execute("ALTER TABLE agents DROP COLUMN valkey_options");
        service.Execute("DROP TABLE backup_locations");

        (await service.RunAsync("check")).Ends(0).Says("does not have agents.valkey_options", "does not have backup_locations");
    }

    [Fact]
    public async Task Ends_with_9_where_nothing_of_the_model_is_there()
    {
        using var service = Service.Encrypted();
        service.Execute("DROP TABLE agents");
        service.Execute("DROP TABLE backup_locations");

        (await service.RunAsync("check")).Fails(9).Says("nothing of PMM");
        (await service.RunAsync("check", "--json")).Ends(9).Json();
    }

    [Fact]
    public async Task Finds_fields_of_the_shipped_list_that_the_model_does_not_have()
    {
        using var service = Service.Encrypted();
        var list = service["EncryptedFields.Shipped.txt"];
        await File.WriteAllTextAsync(
            list,
            """
            # what releases have
            agents.username: string
            agents.mysql_options -> tls_key: string
            agents.mysql_options -> "tls key": string
            audit.agents.username: string
            """);

        var json = (await service.RunAsync("check", "--shipped", list, "--json")).Ends(2).Json();

        Assert.Equal(
            [("shippedFieldGone", "agents", "mysql_options.tls key"), ("shippedFieldGone", "audit.agents", "username")], Findings(json));
    }

    [Fact]
    public async Task A_list_of_another_system_is_read_as_well()
    {
        using var service = Service.Encrypted();
        await File.WriteAllTextAsync(
            service["list.txt"], "# what releases have\r\nagents.username: string\r\n\r\nagents.name: string\r\n", new UTF8Encoding(true));

        var json = (await service.RunAsync("check", "--shipped", service["list.txt"], "--json")).Ends(2).Json();

        Assert.Equal([("shippedFieldGone", "agents", "name")], Findings(json));
    }

    [Fact]
    public async Task A_list_that_is_not_there_or_cannot_be_read_is_a_wrong_command_line()
    {
        using var service = Service.Encrypted();
        await File.WriteAllTextAsync(service["list.txt"], "agents.username: string\nagents\n");

        (await service.RunAsync("check", "--shipped", service["none.txt"])).Fails(1).Says("none.txt");
        (await service.RunAsync("check", "--shipped", service["list.txt"])).Fails(1).Says("line 2 of");
    }

    internal static IEnumerable<(string? Kind, string? Table, string? Column)> Findings(JsonElement json) =>
        json.GetProperty("findings").EnumerateArray().Select(finding =>
            (finding.GetProperty("kind").GetString(), finding.GetProperty("table").GetString(), finding.GetProperty("column").GetString()));
}
