using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>A key file that cannot be replaced, such as a mounted secret: the keys are written to another.</summary>
[Trait("Category", "Slow")]
public sealed class KeyOutputTests
{
    [Fact]
    public async Task A_rotation_writes_the_keys_elsewhere_and_leaves_the_key_file_as_it_is()
    {
        using var service = Service.Encrypted();
        var mounted = await File.ReadAllBytesAsync(service.KeyFile);

        (await service.RunAsync("rotate", "--key-output", service["new.key"])).Ends(0).Says($"Put the new file in its place");

        Assert.Equal(mounted, await File.ReadAllBytesAsync(service.KeyFile));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(service["new.key"]));
        Install(service);
        Assert.Equal(2, service.Keys.Keys.Count);
        service.RequireAllUnderPrimary();
        (await service.RunAsync("verify")).Ends(0);
    }

    [Fact]
    public async Task Services_that_run_can_read_every_value_with_the_file_that_they_have_mounted()
    {
        using var service = Service.Encrypted();
        (await service.RunAsync("key", "add", "--key-output", service["new.key"])).Ends(0).Says("put", "in its place");
        Install(service);

        (await service.RunAsync("rotate", "--key-output", service["new.key"])).Ends(0).Prints("which had been waiting");

        service.RequireAllOpen();       // by the mounted file, where the key still waits
        Install(service);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task A_run_that_was_interrupted_goes_on_from_the_file_that_it_had_written()
    {
        using var service = Service.Encrypted();
        var output = service["new.key"];
        (await service.RunAsync("key", "add", "--key-output", output)).Ends(0);
        (await service.RunAsync("key", "promote", $"{HandKeyset.Load(output).Keys[^1].Id}", "--key-output", output)).Ends(0);

        (await service.RunAsync("rotate", "--dry-run", "--key-output", output)).Ends(2).Prints("finish");
        (await service.RunAsync("rotate", "--key-output", output)).Ends(0).Prints("no key was added");

        Assert.Equal(2, HandKeyset.Load(output).Keys.Count);
        Assert.Single(service.Keys.Keys);
        Install(service);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task A_prune_writes_it_elsewhere_and_needs_no_archive_of_what_stays()
    {
        using var service = Service.Encrypted();
        (await service.RunAsync("rotate")).Ends(0);
        var mounted = await File.ReadAllBytesAsync(service.KeyFile);

        (await service.RunAsync("rotate", "--prune", "--retain", "0", "--key-output", service["new.key"])).Ends(0);

        Assert.Equal(mounted, await File.ReadAllBytesAsync(service.KeyFile));
        Assert.Empty(Directory.GetFiles(service.Folder, "*archive*"));
        Install(service);
        Assert.Single(service.Keys.Keys);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task A_key_is_enabled_merged_and_destroyed_elsewhere_too()
    {
        using var service = Service.Encrypted();
        var other = HandKeyset.Generate();
        other.Save(service["other.key"]);
        var mounted = await File.ReadAllBytesAsync(service.KeyFile);
        var output = service["new.key"];

        (await service.RunAsync("key", "merge", service["other.key"], "--key-output", output)).Ends(0);
        Assert.Equal(2, HandKeyset.Load(output).Keys.Count);
        (await service.RunAsync("key", "disable", $"{other.Primary}", "--key-output", output)).Ends(0);
        Assert.False(HandKeyset.Load(output).Keys.Single(key => key.Id == other.Primary).IsEnabled);
        (await service.RunAsync("key", "enable", $"{other.Primary}", "--key-output", output)).Ends(0);
        Assert.True(HandKeyset.Load(output).Keys.Single(key => key.Id == other.Primary).IsEnabled);
        (await service.RunAsync("key", "destroy", $"{other.Primary}", "--key-output", output)).Ends(0);
        Assert.Equal(service.Keys.Primary, Assert.Single(HandKeyset.Load(output).Keys).Id);

        Assert.Equal(mounted, await File.ReadAllBytesAsync(service.KeyFile));
        service.RequireAllOpen();
    }

    [Fact]
    public async Task What_is_there_already_and_no_continuation_is_not_touched()
    {
        using var service = Service.Encrypted();
        HandKeyset.Generate().Save(service["new.key"]);
        await File.WriteAllTextAsync(service["notes.txt"], "notes");
        var before = (await File.ReadAllTextAsync(service["new.key"]), await File.ReadAllTextAsync(service.KeyFile));

        (await service.RunAsync("rotate", "--key-output", service["new.key"])).Fails(5).Says("new.key");
        (await service.RunAsync("key", "add", "--key-output", service["new.key"])).Fails(5).Says("new.key");
        (await service.RunAsync("rotate", "--key-output", service["notes.txt"])).Fails(3).Says("notes.txt");
        (await service.RunAsync("rotate", "--key-output", service["no folder/new.key"])).Fails(3).Says("folder");

        Assert.Equal(before, (await File.ReadAllTextAsync(service["new.key"]), await File.ReadAllTextAsync(service.KeyFile)));
        Assert.Equal("notes", await File.ReadAllTextAsync(service["notes.txt"]));
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task What_makes_no_sense_beside_it_is_a_wrong_command_line()
    {
        using var service = Service.Encrypted();

        (await service.RunAsync("rotate", "--key-output", service.KeyFile)).Fails(1);
        (await service.RunAsync("key", "add", "--key-output", service.KeyFile)).Fails(1);
        (await service.RunAsync("rotate", "--key-output", service["new.key"], "--backup", service["old.key"])).Fails(1);
    }

    /// <summary>As an operator does: the new file takes the place of the old one.</summary>
    private static void Install(Service service) => File.Move(service["new.key"], service.KeyFile, overwrite: true);
}
