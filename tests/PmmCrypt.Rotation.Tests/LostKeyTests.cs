using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Which keys are lost: none that the key file, a file beside it or an archive has, or may have.</summary>
public sealed class LostKeyTests : IDisposable
{
    private readonly Keyset _lost = KeysetManager.Generate();

    private RotationOptions Accepting => Vault.Patient with { AcceptKeyLoss = [_lost.Primary.Id] };

    public void Dispose() => _lost.Dispose();

    [Fact]
    public async Task A_key_that_a_file_beside_has_is_not_lost()
    {
        using var vault = await LostAsync();
        using (var heldLock = KeyFileLock.Acquire(vault["found.key"], Vault.Moment))
            KeyFile.Create(vault["found.key"], _lost, heldLock).Dispose();
        vault.OtherKeyFiles = [vault["none.key"], vault["found.key"]];

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Accepting));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Equal($"key {_lost.Primary.Id} is not lost: {vault["found.key"]} has it", refused.Message);
        Assert.Contains($"repair --old-key {vault["found.key"]}", refused.Hint);
        Assert.Single(vault.KeyIds);
    }

    [SkippableFact]
    public async Task A_file_beside_that_cannot_be_read_may_have_the_key()
    {
        Skip.If(OperatingSystem.IsWindows(), "a link that leads to itself");
        using var vault = await LostAsync();
        File.CreateSymbolicLink(vault["old.key"], vault["old.key"]);
        vault.OtherKeyFiles = [vault["old.key"]];
        var before = vault.Rows();

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Accepting));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.StartsWith($"a key that is said to be lost may be in {vault["old.key"]}: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("run this as a user who may read it; if that file is of no use, move it away", refused.Hint);
        Assert.Equal(before, vault.Rows());
        Assert.Single(vault.KeyIds);
    }

    [Fact]
    public async Task A_key_that_was_destroyed_and_is_in_the_archive_is_not_lost()
    {
        using var vault = await LostAsync();
        var archive = $"{vault.KeyPath}.archive-20260101T000000Z";
        using (var heldLock = KeyFileLock.Acquire(archive, Vault.Moment))
            KeyFile.Create(archive, _lost, heldLock).Dispose();

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Accepting));

        Assert.Equal($"key {_lost.Primary.Id} is not lost: {archive} has it", refused.Message);
        Assert.Empty(Directory.GetFiles(vault.Folder, "pmm-encryption-migration-backup-*"));
    }

    [Fact]
    public async Task A_key_of_the_key_file_is_not_lost_where_it_is_disabled_either()
    {
        using var vault = await Vault.InitializedAsync("a");
        var first = vault.Primary;
        var stored = vault.Stored("a");
        await vault.RotateAsync();
        vault.Edit(manager => manager.Disable(first));
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", stored!);

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Vault.Patient with { AcceptKeyLoss = [first] }));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Contains($"key enable {first}", refused.Hint);
        Assert.Equal(stored, vault.Stored("a"));
    }

    [Fact]
    public async Task A_key_that_is_there_is_said_to_be_and_what_to_do_about_its_values()
    {
        using var vault = await Vault.InitializedAsync("a");

        await Told.FailsAsync(
            RotationFailure.Refused, $"key {vault.Primary} is not lost: it is among the keys that are there",
            $"leave out --accept-key-loss {vault.Primary}; what is under it opens (after pmm-crypt key enable {vault.Primary}, where it is "
            + "disabled), or is damaged and has to be set anew",
            () => vault.RotateAsync(Vault.Patient with { AcceptKeyLoss = [vault.Primary] }));
    }

    [Fact]
    public async Task Without_a_key_file_that_is_what_is_said()
    {
        using var vault = new Vault("a");

        var failed = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Accepting));

        Assert.Equal((RotationFailure.Key, $"there is no key file at {vault.KeyPath}"), (failed.Failure, failed.Message));
    }

    [Fact]
    public async Task Files_beside_that_have_other_keys_or_none_do_not_hold_it_off()
    {
        using var vault = await LostAsync();
        using (var other = KeysetManager.Generate())
            File.WriteAllText(vault["other.key"], InsecureCleartextKeyset.Write(other));
        File.WriteAllText(vault["notes.key"], "where the keys are kept");
        Directory.CreateDirectory(vault["folder.key"]);
        vault.OtherKeyFiles = [vault["none.key"], vault["other.key"], vault["notes.key"], vault["folder.key"]];

        Assert.Equal(1, (await vault.RotateAsync(Accepting)).Loss!.Count);
    }

    /// <summary>Of the accounts a to c the last one's password is lost.</summary>
    private async Task<Vault> LostAsync()
    {
        var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(_lost, "secret of c"));
        return vault;
    }
}
