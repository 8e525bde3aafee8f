using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;

namespace PmmCrypt.Rotation.Tests;

/// <summary>The key file and the files beside it: what is kept, what is refused, what is cleaned up.</summary>
public sealed class CustodyTests
{
    [Fact]
    public async Task A_backup_in_the_place_of_the_key_file_itself_is_none()
    {
        using var vault = await Vault.InitializedAsync("a");

        await RefusesBackupAsync(vault, vault.KeyPath);
    }

    [Fact]
    public async Task A_backup_is_not_written_over_a_file_that_is_none()
    {
        using var vault = await Vault.InitializedAsync("a");
        File.WriteAllText(vault["note.txt"], "to whom it may concern");

        await RefusesBackupAsync(vault, vault["note.txt"]);
    }

    [Fact]
    public async Task A_backup_is_not_written_over_other_keys_even_if_there_are_as_many()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var other = await Vault.InitializedAsync("a");

        await RefusesBackupAsync(vault, other.KeyPath);
    }

    [Fact]
    public async Task A_backup_that_lacks_the_newest_key_is_the_file_of_before_only_while_a_rotation_is_under_way()
    {
        using var vault = await Vault.InitializedAsync("a");
        File.Copy(vault.KeyPath, vault["before.key"]);
        await vault.RotateAsync();

        await RefusesBackupAsync(vault, vault["before.key"]);
    }

    [Fact]
    public async Task Keys_that_are_destroyed_in_one_second_are_archived_one_by_one()
    {
        using var vault = await Vault.InitializedAsync("a");
        var now = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(1));
        var story = new StoryTeller();
        using var custody = KeyCustody.Open(new KeyFileLocation(vault.KeyPath, []), Vault.Moment, story, mayBeMissing: false, default);

        var archives = Enumerable.Range(0, 3).Select(_ => custody.WriteArchive(now)!).ToArray();

        var first = vault.KeyPath + ".archive-20260304T040607Z";
        Assert.Equal([first, first + "-2", first + "-3"], archives);
        Assert.All(archives, archive => Assert.Equal(vault.KeyFileBytes, File.ReadAllBytes(archive)));
        Assert.Equal(
            Enumerable.Repeat<IEnumerable<string>>([.. StoryParts.WrittenLines, "step archive-written"], 3).SelectMany(lines => lines),
            story.Lines);
    }

    [Fact]
    public async Task A_file_elsewhere_that_has_one_of_the_keys_is_gone_on_from()
    {
        using var vault = await Vault.InitializedAsync("a");
        File.Copy(vault.KeyPath, vault["new.key"]);
        await vault.RotateAsync();      // the file has a key more than the one elsewhere

        using var keyset = KeyFileEditor.Edit(
            new(vault.KeyPath, []) { Output = vault["new.key"] }, Vault.Moment, new Silence(), manager => manager.Add(), default);

        Assert.Equal(2, keyset.Keys.Count);
        Assert.DoesNotContain(vault.Primary, keyset.Keys.Select(key => key.Id));
    }

    [Fact]
    public async Task What_a_killed_run_left_is_removed_also_by_who_then_refuses()
    {
        using var vault = await Vault.InitializedAsync("a");
        var leftover = vault[".service.key.0123456789abcdef.tmp"];

        File.WriteAllText(leftover, "keys");
        await Assert.ThrowsAsync<RotationException>(() => new Told(vault).RetireAsync(vault.Primary, destroy: true));
        Assert.False(File.Exists(leftover));

        File.WriteAllText(leftover, "keys");
        Assert.Throws<InvalidOperationException>(() => KeyFileEditor.Edit(
            new(vault.KeyPath, []), Vault.Moment, new Silence(), _ => throw new InvalidOperationException("no"), default));
        Assert.False(File.Exists(leftover));

        File.WriteAllText(leftover, "keys");
        await vault.InitAsync();
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public void Without_a_key_file_there_is_nothing_to_edit()
    {
        using var vault = new Vault("a");

        var failed = Assert.Throws<KeyFileException>(
            () => KeyFileEditor.Edit(new(vault.KeyPath, []), Vault.Moment, new Silence(), manager => manager.Add(), default));

        Assert.Equal(KeyFileProblem.Missing, failed.Kind);
    }

    [Fact]
    public async Task A_key_file_that_is_none_is_no_missing_one_and_its_lock_is_let_go()
    {
        using var vault = await Vault.InitializedAsync("a");
        var before = vault.KeyFileBytes;
        File.WriteAllText(vault.KeyPath, "no keys");

        var failed = await Assert.ThrowsAsync<KeyFileException>(() => vault.InitAsync());

        Assert.Equal(KeyFileProblem.Invalid, failed.Kind);
        using (KeyFileLock.Acquire(vault.KeyPath, TimeSpan.Zero))
            File.WriteAllBytes(vault.KeyPath, before);
    }

    [Fact]
    public async Task A_file_is_changed_under_its_lock_alone()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var custody = KeyCustody.OpenToRead(new KeyFileLocation(vault.KeyPath, []), new Silence(), mayBeMissing: false);
        using var file = KeyFile.Load(vault.KeyPath);

        Assert.Equal(
            "The key file is changed under its lock alone.",
            Assert.Throws<InvalidOperationException>(() => custody.Edit(manager => manager.Add())).Message);
        Assert.Equal(
            "The notes are changed under the key file's lock alone.",
            Assert.Throws<InvalidOperationException>(() => KeyNotes.Beside(file, null).SetAdding(1)).Message);
    }

    [Fact]
    public void Of_a_file_that_is_missing_nobody_reads_keys()
    {
        using var vault = new Vault("a");
        using var custody = KeyCustody.OpenToRead(new KeyFileLocation(vault.KeyPath, []), new Silence(), mayBeMissing: true);

        Assert.False(custody.Exists);
        Assert.Equal("There is no key file yet.", Assert.Throws<InvalidOperationException>(() => custody.Keyset).Message);
    }

    [Fact]
    public async Task Keys_are_zeroed_as_soon_as_the_file_they_were_read_from_is_out_of_date()
    {
        using var vault = await Vault.InitializedAsync("a");
        var custody = KeyCustody.Open(
            new KeyFileLocation(vault.KeyPath, []) { Output = vault["new.key"] }, Vault.Moment, new Silence(), mayBeMissing: false,
            default);
        var original = custody.Keyset;

        custody.NoteRetired(1, DateTimeOffset.UnixEpoch);       // writes the file elsewhere
        var copy = custody.Keyset;
        Assert.True(IsZeroed(original) && !IsZeroed(copy));
        custody.Edit(manager => manager.Add());
        var edited = custody.Keyset;
        Assert.True(IsZeroed(copy) && !IsZeroed(edited));
        custody.Dispose();
        Assert.True(IsZeroed(edited));
    }

    private static bool IsZeroed(Keyset keyset)
    {
        try
        {
            return keyset.Primary.Material.IsEmpty;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static async Task RefusesBackupAsync(Vault vault, string path)
    {
        var (before, keys) = (File.ReadAllBytes(path), vault.KeyFileBytes);
        var told = new Told(vault);

        var refused = await Assert.ThrowsAsync<KeyFileException>(
            () => told.RotateAsync(Told.Options with { BackupPath = path }));

        Assert.Equal(KeyFileProblem.Exists, refused.Kind);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Equal(keys, vault.KeyFileBytes);
        Assert.DoesNotContain("step backup-written", told.Story.Lines);
    }
}
