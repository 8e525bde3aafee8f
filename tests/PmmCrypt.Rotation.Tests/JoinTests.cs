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
        Assert.Equal(
            $"note held; waiting until there is a sweep to join|step locked|"
            + $"note joined the sweep that is under way, under key {vault.Primary}|phase Sweep|"
            + $"{StoryParts.Page.ReplaceLineEndings("|")}|phase Verify",
            string.Join('|', told.Story.Lines));
        Assert.Same(SharedPosition.Beginning, watched.Positions[0]);
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
        Assert.Equal("run the same command again: it goes by the file as it is now", failure.Hint);
        vault.AssertIntact();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_a_key_is_added_others_can_join_and_none_goes_on_under_the_key_of_before(bool isResumed)
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        if (isResumed)
        {
            vault.Edit(manager => manager.Add());
            vault.NoteAdding(vault.KeyIds[^1]);
        }

        WatchedStore? watched = null;

        var report = await new Told(vault).RotateAsync(watch: store => watched = store);

        Assert.Equal(isResumed ? KeyAction.Resume : KeyAction.Add, report.Key.Action);
        Assert.Equal([$"exclude {old}", $"share {vault.Primary}"], watched!.Sweeps);
        Assert.Same(SharedPosition.Beginning, watched.Positions[0]);
    }

    [Fact]
    public async Task What_is_left_of_a_rotation_can_be_joined_too()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Edit(manager => manager.Promote(manager.Add()));
        WatchedStore? watched = null;

        var report = await new Told(vault).RotateAsync(watch: store => watched = store);

        Assert.Equal(KeyAction.Finish, report.Key.Action);
        Assert.Equal([$"share {vault.Primary}"], watched!.Sweeps);
        Assert.Same(SharedPosition.Beginning, watched.Positions[0]);
    }

    [Fact]
    public async Task Who_was_not_asked_to_join_waits_for_the_lock_alone()
    {
        using var vault = await Vault.InitializedAsync("a");
        WatchedStore? watched = null;

        await Assert.ThrowsAsync<StoreLockedException>(() => new Told(vault).RotateAsync(watch: store =>
        {
            watched = store;
            store.HeldBy = _ => new StoreLockedException("held") { IsHeldByRotation = true };
            store.Joinable = (_, _) => true;
        }));

        Assert.Empty(watched!.Sweeps);
    }

    [Fact]
    public async Task A_format_is_for_the_run_that_leads() => await Assert.ThrowsAsync<ArgumentException>(async () =>
    {
        using var vault = await Vault.InitializedAsync("a");
        await new Told(vault).RotateAsync(Join with { Format = Fields.StoredFormat.Envelope });
    });

    [Fact]
    public async Task Where_the_key_changed_before_it_had_joined_it_waits_for_a_sweep_under_the_new_one()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        WatchedStore? watched = null;

        var report = await new Told(vault).RotateAsync(Join, store =>
        {
            watched = store;
            store.HeldBy = _ => new StoreLockedException("held") { IsHeldByRotation = true };
            store.Joinable = (asked, _) =>
            {
                if (asked == 1)
                    vault.Edit(manager => manager.Promote(manager.Add()));
                return true;
            };
        });

        Assert.Equal([$"join {old}", $"join {vault.Primary}"], watched!.Sweeps);
        Assert.Equal((true, vault.Primary), (report.Joined, report.PrimaryKeyId));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Where_there_is_no_key_file_yet_it_waits_until_there_is()
    {
        using var vault = await Vault.InitializedAsync("a");
        var hidden = vault.KeyPath + ".hidden";
        File.Move(vault.KeyPath, hidden);

        var report = await new Told(vault).RotateAsync(Join, store =>
        {
            store.HeldBy = asked =>
            {
                if (asked == 3)
                    File.Move(hidden, vault.KeyPath);
                return new StoreLockedException("held") { IsHeldByRotation = true };
            };
            store.Joinable = (_, _) => true;
        });

        Assert.True(report.Joined);
    }

    [Fact]
    public async Task A_key_file_that_is_gone_when_it_has_joined_is_missing()
    {
        using var vault = await Vault.InitializedAsync("a");

        var missing = await Assert.ThrowsAsync<KeyFileException>(() => new Told(vault).RotateAsync(Join, store =>
        {
            store.HeldBy = _ => new StoreLockedException("held") { IsHeldByRotation = true };
            store.Joinable = (_, _) =>
            {
                File.Delete(vault.KeyPath);
                return true;
            };
        }));

        Assert.Equal(KeyFileProblem.Missing, missing.Kind);
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
