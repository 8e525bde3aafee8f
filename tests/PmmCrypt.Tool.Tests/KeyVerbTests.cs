using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

[Trait("Category", "Slow")]
public sealed class KeyVerbTests
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact]
    public async Task Generate_prints_a_key_file_or_writes_one_that_is_never_overwritten()
    {
        using var service = Service.Encrypted();

        var printed = (await service.RunBareAsync(["key", "generate"])).Ends(0).Says("back up");
        var written = (await service.RunBareAsync(["key", "generate", "--output", service["new.key"]])).Ends(0).Says("Back it up");
        var bytes = await File.ReadAllBytesAsync(service["new.key"]);

        Assert.True(Assert.Single(HandKeyset.Parse(printed.Output).Keys).IsEnabled);
        Assert.Equal(HandKeyset.Parse(printed.Output).ToText(), printed.Output.TrimEnd('\n'));     // and nothing else
        var made = HandKeyset.Load(service["new.key"]);
        written.Prints($"{made.Primary}", "primary");
        Assert.Equal(OwnersAlone, File.GetUnixFileMode(service["new.key"]));
        (await service.RunBareAsync(["key", "generate", "--output", service["new.key"]])).Fails(5);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(service["new.key"]));
    }

    [Fact]
    public async Task List_shows_a_check_value_by_which_two_files_are_compared()
    {
        using var service = Service.Encrypted();
        var keys = service.Keys;
        File.Copy(service.KeyFile, service["copy.key"]);
        var same = await CheckValuesAsync(service, service.KeyFile);

        // The same id, another key: what a damaged file, or two nodes that each made a key, look like.
        HandKeyset.Generate().WithId(keys.Primary).Save(service["other.key"]);

        Assert.Equal(same, await CheckValuesAsync(service, service["copy.key"]));
        Assert.NotEqual(same, await CheckValuesAsync(service, service["other.key"]));
        var line = (await service.RunBareAsync(["key", "list", "--key-file", service.KeyFile])).Ends(0).Output;
        Assert.Matches($@"^{keys.Primary} +ENABLED +primary +{same}\n$", line);
    }

    [Fact]
    public async Task Add_appends_one_key_that_waits_and_rotate_promotes_it()
    {
        using var service = Service.Encrypted();
        var first = service.Keys.Primary;

        (await service.RunAsync("key", "add")).Ends(0).Prints("waiting", "primary").Says("Back up the key file");
        var waiting = service.Keys.Keys[^1].Id;
        Assert.Equal(first, service.Keys.Primary);
        (await service.RunAsync("key", "add")).Fails(5).Says($"{waiting}");
        Assert.Equal([first, waiting], service.Keys.Keys.Select(key => key.Id));

        (await service.RunAsync("rotate")).Ends(0).Prints($"{waiting}");

        Assert.Equal(waiting, service.Keys.Primary);
        Assert.Equal(2, service.Keys.Keys.Count);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Promote_makes_a_key_the_primary_and_rotate_finishes_without_another()
    {
        using var service = Service.Encrypted();
        (await service.RunAsync("key", "add")).Ends(0);
        var waiting = service.Keys.Keys[^1].Id;

        (await service.RunAsync("key", "promote", $"{waiting}")).Ends(0);
        Assert.Equal(waiting, service.Keys.Primary);
        service.RequireAllOpen();
        (await service.RunAsync("rotate")).Ends(0).Prints("no key was added");

        Assert.Equal(2, service.Keys.Keys.Count);
        service.RequireAllUnderPrimary();
        (await service.RunAsync("key", "promote", "1")).Fails(5).Says("key 1 ");
    }

    [Fact]
    public async Task Disable_and_enable_change_the_status_of_a_key_that_no_value_needs()
    {
        using var service = Service.Encrypted();
        var unused = HandKeyset.Generate();
        service.Keys.WithOlder(unused).Save(service.KeyFile);

        (await service.RunAsync("key", "disable", $"{unused.Primary}")).Ends(0);
        Assert.False(service.Keys.Keys.Single(key => key.Id == unused.Primary).IsEnabled);
        (await service.RunAsync("key", "list")).Ends(0).Prints("DISABLED");
        (await service.RunAsync("key", "enable", $"{unused.Primary}")).Ends(0);

        Assert.All(service.Keys.Keys, key => Assert.True(key.IsEnabled));
        // Before the primary: it does not wait.
        Assert.Equal([unused.Primary, service.Keys.Primary], service.Keys.Keys.Select(key => key.Id));
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("destroy")]
    public async Task A_key_that_a_value_needs_stays(string verb)
    {
        using var service = Service.Encrypted();
        var old = service.Keys.Primary;
        (await service.RunAsync("key", "add")).Ends(0);
        (await service.RunAsync("key", "promote", $"{service.Keys.Keys[^1].Id}")).Ends(0);
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);

        (await service.RunAsync("key", verb, $"{old}")).Ends(5).Says("error: ", "hint: ", $"{old}");    // values are under it
        (await service.RunAsync("key", verb, $"{service.Keys.Primary}")).Fails(5).Says($"{service.Keys.Primary}");    // the primary
        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));

        (await service.RunAsync("rotate")).Ends(0);
        (await service.RunAsync("key", verb, $"{old}")).Ends(0);
        service.RequireAllUnderPrimary();
    }

    [Theory]
    [InlineData("disable")]
    [InlineData("destroy")]
    public async Task No_key_is_retired_without_the_database(string verb)
    {
        using var service = Service.Encrypted();
        var unused = HandKeyset.Generate();
        service.Keys.WithOlder(unused).Save(service.KeyFile);
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);

        foreach (var database in new[] { $"sqlite:{service["none.db"]}", "Host=127.0.0.1;Port=1" })
        {
            (await service.RunBareAsync(["key", verb, $"{unused.Primary}", "--connection", database, "--key-file", service.KeyFile]))
                .Fails(5).Says($"{unused.Primary}");
        }

        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));
    }

    [Fact]
    public async Task Destroy_removes_a_key_and_keeps_the_file_of_before_as_an_archive()
    {
        using var service = Service.Encrypted();
        var unused = HandKeyset.Generate();
        service.Keys.WithOlder(unused).Save(service.KeyFile);
        var before = await File.ReadAllBytesAsync(service.KeyFile);

        var destroyed = (await service.RunAsync("key", "destroy", $"{unused.Primary}")).Ends(0);

        Assert.Equal(service.Keys.Primary, Assert.Single(service.Keys.Keys).Id);
        var archive = Assert.Single(Directory.GetFiles(service.Folder, "pmm.key.archive-*"));
        destroyed.Says(archive);
        Assert.Equal(before, await File.ReadAllBytesAsync(archive));
        Assert.Equal(OwnersAlone, File.GetUnixFileMode(archive));
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Merge_takes_the_keys_of_another_file_and_keeps_the_primary()
    {
        using var service = Service.Encrypted();
        var primary = service.Keys.Primary;
        var other = HandKeyset.Generate();
        other.Save(service["other.key"]);
        var written = other.Seal("by another node");

        (await service.RunAsync("key", "merge", service["other.key"])).Ends(0).Says("Back up the key file");

        Assert.Equal(primary, service.Keys.Primary);
        Assert.Equal((other.Primary, "by another node"), service.Keys.Open(written));
        var merged = await File.ReadAllBytesAsync(service.KeyFile);
        (await service.RunAsync("key", "merge", service["other.key"])).Ends(0);
        HandKeyset.Generate().WithId(primary).Save(service["damaged.key"]);
        (await service.RunAsync("key", "merge", service["damaged.key"])).Fails(5).Says($"{primary}");
        (await service.RunAsync("key", "merge", service.Database)).Fails(3);
        Assert.Equal(merged, await File.ReadAllBytesAsync(service.KeyFile));
        service.RequireAllUnderPrimary();
    }

    private static async Task<string> CheckValuesAsync(Service service, string keyFile)
    {
        var list = (await service.RunBareAsync(["key", "list", "--json", "--key-file", keyFile])).Ends(0).Json();
        var value = list.GetProperty("keys").EnumerateArray().Single().GetProperty("checkValue").GetString()!;
        Assert.Matches("^[0-9a-f]{4} [0-9a-f]{4}$", value);
        return value;
    }
}
