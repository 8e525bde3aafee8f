using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>Where the key and the database are: options in any place, and the variables that PMM reads.</summary>
public sealed class OptionTests
{
    [Theory]
    [InlineData("{globals} key list")]
    [InlineData("key {globals} list")]
    [InlineData("key list {globals}")]
    [InlineData("{globals} rotate --dry-run")]
    [InlineData("rotate {globals} --dry-run")]
    [InlineData("key add {globals}")]
    [InlineData("key generate {globals}")]
    [InlineData("key promote {globals} {id}")]
    [InlineData("status {globals}")]
    public async Task Every_verb_takes_every_global_option_in_any_place(string line)
    {
        using var service = Service.Encrypted();
        string[] globals =
        [
            "--connection", service.Connection, "--postgres-addr", "127.0.0.1:1", "--postgres-name", "n", "--postgres-username", "u",
            "--postgres-password", "p", "--postgres-ssl-mode", "require", "--postgres-ssl-ca-path", "/none",
            "--postgres-ssl-key-path", "/none", "--postgres-ssl-cert-path", "/none",
            "--key-file", service.KeyFile, "--lock-timeout", "3", "--json",
        ];
        string[] arguments = [.. line.Split(' ').SelectMany(part => part switch
        {
            "{globals}" => globals,
            "{id}" => [$"{service.Keys.Primary}"],
            _ => [part],
        })];

        (await service.RunBareAsync(arguments)).Ends(line.Contains("--dry-run", StringComparison.Ordinal) ? 2 : 0).Json();
    }

    [Fact]
    public async Task The_key_file_is_the_options_else_the_variables()
    {
        using var service = Service.Encrypted();
        HandKeyset.Generate().Save(service["other.key"]);
        var right = new Dictionary<string, string?> { ["PMM_ENCRYPTION_KEY_PATH"] = service.KeyFile };
        var wrong = new Dictionary<string, string?> { ["PMM_ENCRYPTION_KEY_PATH"] = service["other.key"] };

        (await service.RunBareAsync(["verify", "--connection", service.Connection], right)).Ends(0);
        (await service.RunBareAsync(["verify", "--connection", service.Connection], wrong)).Ends(3);
        (await service.RunBareAsync(["verify", "--connection", service.Connection, "--key-file", service.KeyFile], wrong)).Ends(0);
    }

    [Theory]
    [InlineData("rotate")]
    [InlineData("init")]
    [InlineData("verify")]
    [InlineData("status")]
    public async Task A_wrong_key_file_is_answered_with_the_one_of_the_variable_that_opens_the_database(string verb)
    {
        using var service = Service.Encrypted();
        HandKeyset.Generate().Save(service["other.key"]);
        var environment = new Dictionary<string, string?> { ["PMM_ENCRYPTION_KEY_PATH"] = service.KeyFile };

        string[] command = [verb, "--connection", service.Connection, "--key-file"];
        var wrong = await service.RunBareAsync([.. command, service["other.key"]], environment);
        var missing = await service.RunBareAsync([.. command, service["none.key"]], environment);

        wrong.Ends(3).Says("error: ", "hint: ", service.KeyFile);
        missing.Ends(3).Says("error: ", "hint: ");
        if (verb is "rotate" or "init") missing.Says(service.KeyFile);
        Assert.False(File.Exists(service["none.key"]));
    }

    [Theory]
    [InlineData("pmm.key", "pmm_old.key")]
    [InlineData("pmm", "pmm_old.key")]
    public async Task A_wrong_key_file_is_answered_with_the_old_one_that_PMM_left_beside_it(string name, string oldName)
    {
        using var service = Service.Encrypted();
        service.Keys.Save(service[oldName]);
        HandKeyset.Generate().Save(service[name]);
        string[] command = ["verify", "--connection", service.Connection, "--key-file", service[name]];

        (await service.RunBareAsync(command)).Ends(3).Says(service[oldName]);

        HandKeyset.Generate().Save(service[oldName]);
        var none = (await service.RunBareAsync(command)).Ends(3).Says("hint: ");
        Assert.DoesNotContain(service[oldName], none.Error, StringComparison.Ordinal);
    }
}
