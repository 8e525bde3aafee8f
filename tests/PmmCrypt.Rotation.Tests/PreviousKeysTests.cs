using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Tests;

/// <summary>The keys of before a rotation, in the file that PMM's own tool leaves them in.</summary>
public sealed class PreviousKeysTests
{
    [Fact]
    public async Task Are_in_the_file_and_nothing_else_is()
    {
        using var vault = await Vault.InitializedAsync("a");
        var first = vault.Primary;
        var told = new Told(vault);

        await told.RotateAsync(Options(vault));

        Assert.Equal([first], Ids(Previous(vault)));
        var file = told.Story.Lines.IndexOf("step backup-written");
        Assert.Equal(StoryParts.WrittenLines, told.Story.Lines[(file - 3)..file]);
        Assert.True(file < told.Story.Lines.IndexOf("step key-noted"), "before a key is added");
    }

    [Fact]
    public async Task Are_added_to_what_the_file_holds()
    {
        using var vault = await Vault.InitializedAsync("a");
        var first = vault.Primary;
        using var stranger = KeysetManager.Generate();
        File.WriteAllText(Previous(vault), InsecureCleartextKeyset.Write(stranger));

        await vault.RotateAsync(Options(vault));

        Assert.Equal(new[] { first, stranger.Primary.Id }.Order(), Ids(Previous(vault)).Order());
        using var file = KeyFile.Load(Previous(vault));
        Assert.Equal(first, file.Keyset.Primary.Id);
    }

    [Fact]
    public async Task Stay_what_they_were_when_the_rotation_is_taken_up_again()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        var first = vault.Primary;
        await Assert.ThrowsAsync<IOException>(() => vault.RotateAsync(
            Options(vault), store => store.BeforeReplace = number => throw new IOException($"killed at page {number}")));
        var before = File.ReadAllBytes(Previous(vault));
        var told = new Told(vault);

        await told.RotateAsync(Options(vault));

        Assert.Equal(before, File.ReadAllBytes(Previous(vault)));
        Assert.Equal([first], Ids(Previous(vault)));
        Assert.Contains("step backup-written", told.Story.Lines);
        Assert.DoesNotContain("step other-named", told.Story.Lines[..told.Story.Lines.IndexOf("step backup-written")]);
    }

    [Fact]
    public async Task Are_not_written_where_the_key_stays()
    {
        using var vault = await Vault.InitializedAsync("a");

        await vault.RotateAsync(Options(vault) with { Prune = true });

        Assert.False(File.Exists(Previous(vault)));
    }

    private static RotationOptions Options(Vault vault) => Vault.Patient with { PreviousPath = Previous(vault) };

    private static string Previous(Vault vault) => vault["service_old.key"];

    private static uint[] Ids(string path)
    {
        using var file = KeyFile.Load(path);
        return [.. file.Keyset.Keys.Select(key => key.Id)];
    }
}
