using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using static PmmCrypt.Rotation.Tests.StoryParts;

namespace PmmCrypt.Rotation.Tests;

/// <summary>What a run says where keys are retired, edited, or written elsewhere.</summary>
public sealed class KeyStoryTests
{
    [Fact]
    public async Task Prunes_that_disable_a_key_and_wait_and_destroy_it()
    {
        using var vault = await Vault.InitializedAsync("a");
        await vault.RotateAsync();
        var (first, second, third) = (new Told(vault), new Told(vault), new Told(vault));

        await first.RotateAsync(Prune);
        var notes = File.GetLastWriteTimeUtc(vault.NotesPath);
        await second.RotateAsync(Prune);
        Assert.Equal(notes, File.GetLastWriteTimeUtc(vault.NotesPath));
        await third.RotateAsync(Prune with { Retain = TimeSpan.Zero });

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            phase Prune
            step fenced
            {Written}
            step retirement-noted
            {Replaced}
            step keys-retired
            """,
            first.Story.Told);
        Assert.Equal(
            """
            step locked
            phase Plan
            phase Key
            phase Prune
            step fenced
            step keys-retired
            """,
            second.Story.Told);
        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            phase Prune
            step fenced
            {Written}
            step archive-written
            {Written}
            step retirement-noted
            {Replaced}
            step keys-retired
            """,
            third.Story.Told);
    }

    [Fact]
    public async Task A_key_that_is_disabled_and_destroyed_by_name()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        await vault.RotateAsync();
        var (disable, destroy) = (new Told(vault), new Told(vault));

        await disable.RetireAsync(old, destroy: false);
        await destroy.RetireAsync(old, destroy: true);

        Assert.Equal(
            $"""
            step locked
            phase Prune
            step fenced
            {Written}
            step retirement-noted
            {Replaced}
            step keys-retired
            """,
            disable.Story.Told);
        Assert.Equal(
            $"""
            step locked
            phase Prune
            step fenced
            {Written}
            step archive-written
            {Replaced}
            step keys-retired
            """,
            destroy.Story.Told);
    }

    [Fact]
    public async Task A_prune_beside_values_that_do_not_open()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        await vault.RotateAsync();
        vault.Execute("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'a'");
        var told = new Told(vault);

        await told.RotateAsync(Prune with { SkipUnreadable = true });

        Assert.Equal(
            """
            step locked
            phase Plan
            phase Key
            warn no key was retired: a value that does not open may need it
            """,
            told.Story.Told);
    }

    [Fact]
    public async Task A_rotation_that_writes_the_keys_elsewhere_and_a_prune_that_goes_on_from_there()
    {
        using var vault = await Vault.InitializedAsync("a");
        var (original, first) = (vault.KeyFileBytes, vault.Primary);
        var output = vault["new.key"];
        var (rotate, prune) = (new Told(vault) { Output = output }, new Told(vault) { Output = output });

        var report = await rotate.RotateAsync();
        await prune.RotateAsync(Prune);

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            {Created}
            {WrittenElsewhere(vault, output)}
            {Written}
            step key-noted
            {Replaced}
            {Replaced}
            {Written}
            step key-noted
            note added key {report.PrimaryKeyId} and made it the primary. {BackUp}
            phase Sweep
            {Page}
            phase Verify
            """,
            rotate.Story.Told);
        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            phase Prune
            step fenced
            {Written}
            step retirement-noted
            {Replaced}
            step keys-retired
            """,
            prune.Story.Told);
        Assert.Equal(original, vault.KeyFileBytes);
        Assert.False(File.Exists(vault.NotesPath), "the notes are beside the file that is written");
        using var file = KeyFile.Load(output);
        Assert.Equal((report.PrimaryKeyId, KeyStatus.Disabled), (file.Keyset.Primary.Id, file.Keyset.Find(first)!.Status));
    }

    [Fact]
    public async Task A_prune_that_writes_the_keys_elsewhere_keeps_its_notes_there()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Edit(manager => manager.Promote(manager.Add()));
        await vault.RotateAsync();
        var notes = File.Exists(vault.NotesPath);
        var told = new Told(vault) { Output = vault["new.key"] };

        await told.RotateAsync(Prune);

        Assert.Equal(notes, File.Exists(vault.NotesPath));
        Assert.True(File.Exists(vault["new.key.pmm-crypt.json"]));
    }

    [Fact]
    public async Task A_promotion_that_writes_the_keys_elsewhere_keeps_its_notes_there()
    {
        using var vault = await Vault.InitializedAsync("a");
        uint waiting = 0;
        vault.Edit(manager => waiting = manager.Add());
        var told = new Told(vault) { Output = vault["new.key"] };

        await told.RotateAsync();

        Assert.Equal(["step locked", "phase Plan", "phase Key", "step key-temp-written"], told.Story.Lines.Take(4));
        Assert.NotEqual(waiting, vault.Primary);
        Assert.False(File.Exists(vault.NotesPath));
    }

    [Fact]
    public async Task A_key_file_that_is_edited_in_its_place_and_elsewhere()
    {
        using var vault = await Vault.InitializedAsync("a");
        var output = vault["new.key"];
        var (inPlace, elsewhere) = (new StoryTeller(), new StoryTeller());

        using var edited = KeyFileEditor.Edit(new(vault.KeyPath, []), Vault.Moment, inPlace, manager => manager.Add(), default);
        Assert.Equal(edited.ToString(), vault.Keys(keyset => keyset.ToString()));
        using var moved = KeyFileEditor.Edit(
            new(vault.KeyPath, []) { Output = output }, Vault.Moment, elsewhere, manager => manager.Promote(edited.Waiting[0].Id), default);

        Assert.Equal(Replaced, inPlace.Told);
        Assert.Equal(
            $"""
            {Created}
            {WrittenElsewhere(vault, output)}
            {Replaced}
            """,
            elsewhere.Told);
        Assert.Equal(edited.ToString(), vault.Keys(keyset => keyset.ToString()));
        using var file = KeyFile.Load(output);
        Assert.Equal(moved.ToString(), file.Keyset.ToString());
        Assert.Equal(edited.Waiting[0].Id, file.Keyset.Primary.Id);
    }

    private static string WrittenElsewhere(Vault vault, string output) =>
        $"note the keys are written to {output}; {vault.KeyPath} stays as it is. "
        + "Put the new file in its place before a service starts, and keep both until it has loaded it";
}
