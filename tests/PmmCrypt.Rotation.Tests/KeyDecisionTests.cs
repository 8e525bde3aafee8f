using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A waiting key is promoted; else a rotation under way is finished; else a key is added.</summary>
public sealed class KeyDecisionTests
{
    private static readonly IReadOnlyList<StoreSession> Somebody = [new StoreSession("process 4711, role pmm")];

    [Fact]
    public async Task A_key_is_added_and_every_value_is_under_it_and_the_old_one_stays()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        var before = vault.Primary;

        var report = await vault.RotateAsync();

        Assert.Equal(KeyAction.Add, report.Key.Action);
        Assert.Equal([before, vault.Primary], vault.KeyIds);
        Assert.NotEqual(before, vault.Primary);
        Assert.Equal(3, report.RowsReplaced);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_key_that_waits_is_promoted_and_none_is_added_whoever_is_connected()
    {
        using var vault = await Vault.InitializedAsync("a");
        uint waiting = 0;
        vault.Edit(manager => waiting = manager.Add());

        var report = await vault.RotateAsync(watch: store => store.Sessions = _ => Somebody);

        Assert.Equal((KeyAction.Promote, waiting), (report.Key.Action, report.Key.KeyId));
        Assert.Equal(waiting, vault.Primary);
        Assert.Equal(2, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_rotation_under_way_is_finished_and_no_key_is_added_whoever_is_connected()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Edit(manager => manager.Promote(manager.Add()));

        var report = await vault.RotateAsync(watch: store => store.Sessions = _ => Somebody);

        Assert.Equal(KeyAction.Finish, report.Key.Action);
        Assert.Equal(2, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_new_key_is_added_to_a_rotation_under_way_where_it_is_asked_for()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Edit(manager => manager.Promote(manager.Add()));

        await vault.RotateAsync(Vault.Patient with { NewKey = true });

        Assert.Equal(3, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task More_than_one_waiting_key_is_refused()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var other = await Vault.InitializedAsync("b");
        vault.Edit(manager => manager.Add());
        // No verb makes a second one; another program may.
        var text = File.ReadAllText(vault.KeyPath);
        using var one = vault.LoadKeyset();
        using var two = other.LoadKeyset();
        using var both = new Keysets.Keyset(one.Primary.Id, [.. one.Keys, .. two.Keys]);
        File.WriteAllText(vault.KeyPath, Keysets.InsecureCleartextKeyset.Write(both));
        var before = vault.KeyFileBytes;

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync());

        Assert.Equal(RotationFailure.Refused, failure.Failure);
        Assert.Equal(before, vault.KeyFileBytes);
        Assert.NotEqual(text, File.ReadAllText(vault.KeyPath));
    }

    [Fact]
    public async Task A_key_that_a_killed_run_was_adding_is_not_taken_for_one_that_services_know()
    {
        using var vault = await Vault.InitializedAsync("a");
        uint added = 0;
        vault.Edit(manager => added = manager.Add());
        vault.NoteAdding(added);

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(watch: store => store.Sessions = _ => Somebody));
        Assert.Equal(RotationFailure.Refused, failure.Failure);
        Assert.NotEqual(added, vault.Primary);

        // The refused run took it back; the next one that may adds one of its own.
        var report = await vault.RotateAsync();
        Assert.Equal(KeyAction.Add, report.Key.Action);
        Assert.Equal(2, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_key_that_a_killed_run_was_adding_is_promoted_where_nobody_is_connected()
    {
        using var vault = await Vault.InitializedAsync("a");
        uint added = 0;
        vault.Edit(manager => added = manager.Add());
        vault.NoteAdding(added);

        var report = await vault.RotateAsync();

        Assert.Equal((KeyAction.Resume, added), (report.Key.Action, vault.Primary));
        Assert.DoesNotContain($"{added}", File.ReadAllText(vault.NotesPath), StringComparison.Ordinal);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_key_that_values_are_under_is_never_taken_back_whatever_is_noted()
    {
        using var vault = await Vault.InitializedAsync("a");
        uint added = 0;
        vault.Edit(manager => added = manager.Add());
        vault.NoteAdding(added);
        // Another node has the same file, and rotated to that key.
        using var keyset = vault.LoadKeyset();
        using var other = new Keysets.Keyset(added, [keyset.Find(added)!]);
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(other, "secret of a"));

        await vault.RotateAsync(watch: store => store.Sessions = _ => Somebody);

        Assert.Equal(added, vault.Primary);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Notes_that_cannot_be_read_are_not_taken_for_none()
    {
        using var vault = await Vault.InitializedAsync("a");
        File.WriteAllText(vault.NotesPath, "{");
        var before = vault.KeyFileBytes;

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync());

        Assert.Equal(RotationFailure.Refused, failure.Failure);
        Assert.Equal(before, vault.KeyFileBytes);
    }
}
