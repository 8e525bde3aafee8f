using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>Several key files, and nobody knows which one it takes.</summary>
public sealed class KeyFindTests
{
    private const int Values = 9;       // three agents with three secrets each

    [Fact]
    public async Task Each_file_is_told_what_it_opens_and_the_smallest_key_file_opens_all()
    {
        using var service = Service.Encrypted();
        var current = service.Keys;
        var old = HandKeyset.Generate();
        var folder = Folder(service, ("a.key", HandKeyset.Generate()), ("b.key", old), ("c.key", current.WithOlder(HandKeyset.Generate())));
        await File.WriteAllTextAsync(Path.Combine(folder, "notes.txt"), "which of them is it?");
        service.StorePassword(0, old.Seal(Service.Password(0)));
        service.StorePassword(1, current.Seal(old.Seal(Service.Password(1))));
        File.Delete(service.KeyFile);       // it is not needed for this

        var report = (await service.RunAsync("key", "find", folder, "--json", "--write", service["found.key"])).Ends(0).Json();

        Assert.Equal(
            [("c.key", Values - 1, Values - 2), ("b.key", 1, 1), ("a.key", 0, 0)],
            report.GetProperty("files").EnumerateArray().Select(file => (
                Path.GetFileName(file.GetProperty("path").GetString()), file.GetProperty("opens").GetInt32(),
                file.GetProperty("opensToTheEnd").GetInt32())));
        uint[] needed = [old.Primary, current.Primary];
        Assert.Equal(needed.Order(), report.GetProperty("needed").EnumerateArray().Select(id => id.GetUInt32()));
        var found = HandKeyset.Load(service["found.key"]);
        Assert.Equal(current.Primary, found.Primary);
        Assert.Equal(needed.Order(), found.Keys.Select(key => key.Id).Order());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(service["found.key"]));
        (await service.RunAsync("key", "find", folder)).Ends(0).Prints("c.key", $"{old.Primary}", "they open 9 of 9 encrypted values");
        (await service.RunBareAsync(["rotate", "--connection", service.Connection, "--key-file", service["found.key"]])).Ends(0);
        File.Move(service["found.key"], service.KeyFile);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task What_none_opens_is_named_with_its_key_and_a_disabled_key_opens_too()
    {
        using var service = Service.Encrypted();
        var lost = HandKeyset.Generate();
        service.StorePassword(0, lost.Seal(Service.Password(0)));
        var first = service.Keys.Primary;
        (await service.RunAsync("key", "add")).Ends(0);
        (await service.RunAsync("key", "promote", $"{service.Keys.Keys[^1].Id}")).Ends(0);
        var folder = Folder(service, ("disabled.key", service.Keys.Disabled(first)));

        (await service.RunAsync("key", "find", folder)).Ends(4)
            .Prints("they open 8 of 9 encrypted values", $"{first} (disabled)").Says("agents 000000 password", $"{lost.Primary}");
    }

    [Fact]
    public async Task A_folder_without_a_key_file_and_a_file_that_is_there_are_refused()
    {
        using var service = Service.Encrypted();
        var empty = Folder(service);
        (await service.RunAsync("key", "find", empty)).Fails(3).Says("no file in");
        (await service.RunAsync("key", "find", service["nowhere"])).Fails(1);
        var foreign = HandKeyset.Generate();
        foreign.Save(Path.Combine(empty, "foreign.key"));
        (await service.RunAsync("key", "find", empty, "--write", service["new.key"])).Ends(4).Says("none of these files");
        Assert.False(File.Exists(service["new.key"]));
        service.Keys.Save(Path.Combine(empty, "own.key"));
        var before = await File.ReadAllBytesAsync(service.KeyFile);
        (await service.RunAsync("key", "find", empty, "--write", service.KeyFile)).Ends(5).Prints("own.key").Says("error: ");
        Assert.Equal(before, await File.ReadAllBytesAsync(service.KeyFile));
    }

    private static string Folder(Service service, params (string Name, HandKeyset Keys)[] files)
    {
        var folder = Directory.CreateDirectory(service["keys"]).FullName;
        foreach (var (name, keys) in files)
            keys.Save(Path.Combine(folder, name));
        return folder;
    }
}
