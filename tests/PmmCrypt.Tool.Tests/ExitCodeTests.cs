using PmmCrypt.Testing;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>
/// Each exit code of DESIGN §5 but 70, by what really leads to it. 1 is in <see cref="UsageTests"/>, 6 in <see cref="InterruptionTests"/>.
/// </summary>
public sealed class ExitCodeTests
{
    [Fact]
    public async Task Ends_with_0_where_all_is_done_and_verified()
    {
        using var service = Service.Encrypted();
        var before = service.Keys.Primary;

        (await service.RunAsync("rotate")).Ends(0).Prints("verified");
        (await service.RunAsync("verify")).Ends(0).Prints("verified");
        (await service.RunAsync("status")).Ends(0).Prints("agents", "password", "(primary)");

        Assert.NotEqual(before, service.Keys.Primary);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Ends_with_2_where_work_remains_and_0_where_it_was_only_asked_whether_all_opens()
    {
        using var service = Service.Encrypted();
        var old = service.Keys.Primary;
        (await service.RunAsync("key", "add")).Ends(0);
        (await service.RunAsync("key", "promote", $"{service.Keys.Keys[^1].Id}")).Ends(0);

        (await service.RunAsync("status")).Ends(2).Prints($"{old}");
        (await service.RunAsync("verify")).Ends(0).Says($"{old}");
        (await service.RunAsync("rotate", "--dry-run")).Ends(2);
        (await service.RunAsync("rotate")).Ends(0);
        (await service.RunAsync("status")).Ends(0);

        Assert.Equal(2, service.Keys.Keys.Count);
        service.RequireAllUnderPrimary();
    }

    [Theory]
    [InlineData("status")]
    [InlineData("verify")]
    [InlineData("rotate")]
    [InlineData("rotate --dry-run")]
    [InlineData("init")]
    [InlineData("key list")]
    [InlineData("key add")]
    public async Task Ends_with_3_where_the_key_file_is_missing_or_none(string verb)
    {
        using var service = Service.Encrypted();
        File.Delete(service.KeyFile);
        (await service.RunAsync(verb.Split(' '))).Fails(3).Says(service.KeyFile);
        Assert.False(File.Exists(service.KeyFile), "A key file was made that opens nothing.");

        File.WriteAllText(service.KeyFile, "not a key file");
        (await PmmCryptProgram.RunAsync([.. verb.Split(' '), "--connection", service.Connection, "--key-file", service.KeyFile]))
            .Fails(3).Says(service.KeyFile);
        Assert.Equal("not a key file", File.ReadAllText(service.KeyFile));
    }

    [Fact]
    public async Task Ends_with_3_where_nothing_is_encrypted_yet_and_there_is_no_key_to_rotate()
    {
        using var service = Service.InTheClear();

        (await service.RunAsync("rotate")).Fails(3).Says("init");
    }

    [Theory]
    [InlineData("status")]
    [InlineData("verify")]
    [InlineData("rotate")]
    [InlineData("rotate --dry-run")]
    [InlineData("init")]
    public async Task Ends_with_3_where_the_key_is_of_another_database(string verb)
    {
        using var service = Service.Encrypted();
        HandKeyset.Generate().Save(service.KeyFile);
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);

        (await service.RunAsync(verb.Split(' '))).Ends(3).Says("error: ", "hint: ");

        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("verify")]
    [InlineData("rotate")]
    [InlineData("init")]
    public async Task Ends_with_4_where_a_value_was_damaged_and_names_its_place(string verb)
    {
        using var service = Service.Encrypted();
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);
        service.Damage("000001", "password");
        var stored = service.Scalar("SELECT group_concat(username || password || mysql_options) FROM agents");

        (await service.RunAsync(verb.Split(' '))).Ends(4)
            .Says("error: ", "hint: ", "agents", "password", "000001", $"{service.Keys.Primary}");

        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));
        Assert.Equal(stored, service.Scalar("SELECT group_concat(username || password || mysql_options) FROM agents"));
    }

    [Theory]
    [InlineData("pmm.db.pmm-crypt.lock", "rotate")]
    [InlineData("pmm.db.pmm-crypt.lock", "init")]
    [InlineData("pmm.key.lock", "rotate")]
    [InlineData("pmm.key.lock", "key add")]
    public async Task Ends_with_7_while_another_run_holds_the_lock(string lockFile, string verb)
    {
        using var service = Service.Encrypted();
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);
        // On Linux this is flock, as the tool's own.
        using (new FileStream(service[lockFile], FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            (await service.RunAsync([.. verb.Split(' '), "--lock-timeout", "0.2"])).Fails(7);
        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));

        (await service.RunAsync([.. verb.Split(' '), "--lock-timeout", "0.2"])).Ends(0);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("verify")]
    [InlineData("rotate")]
    [InlineData("init")]
    public async Task Ends_with_8_where_there_is_no_database(string verb)
    {
        using var service = Service.Encrypted();
        string[] others =
        [
            $"sqlite:{service["none.db"]}", $"sqlite:{service.Folder}", $"sqlite:{service.KeyFile}", "Host=127.0.0.1;Port=1",
        ];
        foreach (var connection in others)
            (await service.RunBareAsync([verb, "--connection", connection, "--key-file", service.KeyFile])).Fails(8);
        Assert.False(File.Exists(service["none.db"]));
        Assert.Single(service.Keys.Keys);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("verify")]
    [InlineData("rotate")]
    [InlineData("init")]
    public async Task Ends_with_9_where_nothing_of_the_model_is_there(string verb)
    {
        using var service = Service.Encrypted();
        service.Execute("DROP TABLE agents; DROP TABLE backup_locations; DROP TABLE settings; CREATE TABLE other (i INTEGER)");

        (await service.RunAsync(verb)).Fails(9).Says(service.Database);

        Assert.Single(service.Keys.Keys);
    }
}
