using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A run that shares another's sweep: when it leads, when it joins, for what it waits, and who is kept out meanwhile.</summary>
public sealed class JoinTests
{
    private static readonly RotationOptions Join = Told.Options with { Join = true };

    [Fact]
    public async Task Where_nobody_rotates_it_leads_and_adds_no_key()
    {
        using var vault = await Vault.InitializedAsync("a");
        var keys = vault.KeyIds;

        var report = await new Told(vault).RotateAsync(Join);

        Assert.Equal((KeyAction.Keep, false, 0L), (report.Key.Action, report.Joined, report.RowsReplaced));
        Assert.Equal(keys, vault.KeyIds);
    }

    [Fact]
    public async Task Where_nobody_rotates_a_waiting_key_is_promoted_and_its_sweep_can_be_joined()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        vault.Edit(manager => manager.Add());
        var added = vault.KeyIds[^1];
        WatchedStore? watched = null;

        var report = await new Told(vault).RotateAsync(Join, store => watched = store);

        Assert.Equal(KeyAction.Promote, report.Key.Action);
        Assert.Equal([$"exclude {old}", $"share {added}"], watched!.Sweeps);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task While_another_run_plans_it_waits_and_then_joins_its_sweep()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Edit(manager => manager.Promote(manager.Add()));
        var told = new Told(vault);
        WatchedStore? watched = null;

        var report = await told.RotateAsync(Join, store =>
        {
            watched = store;
            store.HeldBy = _ => new StoreLockedException("held") { IsHeldByRotation = true };
            // For longer than a lock is waited for: what holds it is a rotation, and ends by itself.
            store.Joinable = (asked, key) => asked > 40 && key == vault.Primary;
        });

        Assert.Equal((KeyAction.Keep, true, 2L), (report.Key.Action, report.Joined, report.RowsReplaced));
        Assert.Equal([$"join {vault.Primary}"], watched!.Sweeps);
        Assert.Equal(41, watched.Transcript.Count(asked => asked == "lock"));
        Assert.Equal(["Sweep", "Verify"], told.Story.Phases);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task What_holds_the_lock_and_is_no_rotation_is_waited_for_as_long_as_was_said()
    {
        using var vault = await Vault.InitializedAsync("a");
        WatchedStore? watched = null;

        await Assert.ThrowsAsync<StoreLockedException>(() => new Told(vault).RotateAsync(
            Join with { LockTimeout = TimeSpan.FromSeconds(2) }, store =>
            {
                watched = store;
                store.HeldBy = _ => new StoreLockedException("held");
            }));

        // At once, and every quarter of a second until two are over.
        Assert.Equal(9, watched!.Transcript.Count(asked => asked == "lock"));
    }

    [Fact]
    public async Task What_does_not_open_ends_a_joined_run_as_it_ends_any()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using (var lost = KeysetManager.Generate())
            vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(lost, "secret of a"));

        var failure = await Assert.ThrowsAsync<RotationException>(() => new Told(vault).RotateAsync(Join, store =>
        {
            store.HeldBy = _ => new StoreLockedException("held") { IsHeldByRotation = true };
            store.Joinable = (_, _) => true;
        }));

        Assert.Equal(RotationFailure.Unreadable, failure.Failure);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_file_that_changed_meanwhile_is_no_success_and_no_damage(bool isWrittenUnder)
    {
        using var vault = await Vault.InitializedAsync("a", "b");

        var failure = await Assert.ThrowsAsync<RotationException>(() => new Told(vault).RotateAsync(Join, store =>
        {
            store.HeldBy = _ => new StoreLockedException("held") { IsHeldByRotation = true };
            store.Joinable = (_, _) => true;
            store.BeforeSnapshot = snapshot =>
            {
                if (snapshot > 1)
                    return;
                vault.Edit(manager => manager.Promote(manager.Add()));
                using var keyset = vault.LoadKeyset();
                if (isWrittenUnder)
                    vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(keyset, "secret of a"));
            };
        }));

        Assert.Equal(RotationFailure.WorkRemains, failure.Failure);
        Assert.Contains("changed while", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("set them anew", failure.Hint, StringComparison.Ordinal);
        vault.AssertIntact();
    }

    [Fact]
    public async Task Who_waits_says_so_once()
    {
        using var vault = await Vault.InitializedAsync("a");
        var told = new Told(vault);

        await told.RotateAsync(Join, store =>
        {
            store.HeldBy = _ => new StoreLockedException("process 1 holds it") { IsHeldByRotation = true };
            store.Joinable = (asked, _) => asked > 3;
        });

        Assert.Single(told.Story.Lines, line => line.Contains("process 1 holds it; waiting", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_prune_waits_for_whoever_sweeps_under_what_it_may_retire()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        await vault.RotateAsync();
        WatchedStore? watched = null;

        await new Told(vault).RotateAsync(Told.Options with { Prune = true }, store => watched = store);

        Assert.Equal([$"exclude {old}"], watched!.Sweeps);
    }
}
