using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Passes after the first: when there are any, over which rows, how many, and for how long.</summary>
public sealed class SettlingTests
{
    [Fact]
    public async Task A_service_that_writes_with_the_old_key_twice_is_swept_after_twice_and_every_phase_is_timed()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var service = vault.LoadKeyset();
        var told = new Told(vault);
        WatchedStore? watched = null;

        var report = await told.RotateAsync(watch: store =>
        {
            watched = store;
            store.Sessions = asked =>
            {
                told.Time.Pass(asked == 1 ? 2 : 0);
                return [];
            };
            store.BeforeReplace = page => told.Time.Pass(page * 10);
            store.BeforeSnapshot = snapshot =>
            {
                told.Time.Pass(snapshot * 100);
                if (snapshot is 2 or 3)
                    vault.Execute("UPDATE accounts SET password = $1", Vault.Seal(service, "secret of a"));
            };
        }, options: Told.Options with { SettleTimeout = TimeSpan.FromHours(1) });

        Assert.Equal(["Plan", "Key", "Sweep", "Verify", "Settle", "Verify", "Settle", "Verify"], told.Story.Phases);
        // A pass that replaced something is followed by a pause of 0.2 s, and by another pass.
        Assert.Equal(
            new Dictionary<RotationPhase, double>
            {
                [RotationPhase.Plan] = 100,
                [RotationPhase.Key] = 2,
                [RotationPhase.Sweep] = 10,
                [RotationPhase.Settle] = 20 + 30 + 0.4,
                [RotationPhase.Verify] = 200 + 300 + 400,
            },
            report.Durations.ToDictionary(phase => phase.Key, phase => phase.Value.TotalSeconds));
        Assert.Equal(3, report.RowsReplaced);
        var key = report.PrimaryKeyId;
        Assert.Equal([null, key, key, key, key], watched!.DoneUnder);
        Assert.Equal(
            [
                "lock", "probe", "snapshot", "sessions", "sessions",
                "read 1 of accounts", "replaced 1 of 1 in accounts", "flushed", "snapshot",
                "read 1 of accounts", "replaced 1 of 1 in accounts", "flushed", "read 1 of accounts", "snapshot",
                "read 1 of accounts", "replaced 1 of 1 in accounts", "flushed", "read 1 of accounts", "snapshot",
            ],
            watched.Transcript);
        Assert.Equal(["Sweep 1 of 1", .. Enumerable.Repeat("Settle 1 of ?", 4)], told.Story.Swept);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Rows_that_were_missed_are_gone_after_before_anything_is_counted()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var told = new Told(vault);
        var (held, doneUnder) = (2, (IReadOnlyList<uint?>)[]);

        var report = await told.RotateAsync(watch: store =>
        {
            doneUnder = store.DoneUnder;
            store.IsHeld = key => key.ToString() == "b" && held-- > 0;
        });

        Assert.Equal(["Plan", "Key", "Sweep", "Settle", "Verify"], told.Story.Phases);
        // Missed by the first pass and by the next; then replaced; then nothing is left to do.
        var key = report.PrimaryKeyId;
        Assert.Equal([null, key, key, key], doneUnder);
        Assert.Equal(2, report.RowsReplaced);
        Assert.Equal(0.4, report.Durations[RotationPhase.Settle].TotalSeconds);
        vault.AssertIntact(underPrimary: true);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1, 2)]
    public async Task What_was_left_to_other_runs_is_gone_after_before_anything_is_counted(params int[] pages)
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        var told = new Told(vault);

        await told.RotateAsync(watch: store => store.LeftParts = pages.Contains);

        Assert.Equal(["Plan", "Key", "Sweep", "Settle", "Verify"], told.Story.Phases);
    }

    [Fact]
    public async Task Each_key_is_named_that_a_service_goes_on_writing_with()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var first = vault.LoadKeyset();
        await vault.RotateAsync();
        using var second = vault.LoadKeyset();
        var (keys, told) = (vault.KeyIds.Order().ToArray(), new Told(vault));

        await Told.FailsAsync(
            RotationFailure.WorkRemains,
            $"2 values are still to be rewritten after 60 s: a service goes on writing with key {keys[0]}, {keys[1]}",
            "let every service load the key file again (or stop it), then run the same command: it goes on, and adds no key",
            () => told.RotateAsync(watch: store => store.BeforeSnapshot = snapshot =>
            {
                if (snapshot != 2)
                    return;
                vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(first, "secret of a"));
                vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Seal(second, "secret of b"));
                told.Time.Pass(60);
            }));
    }

    [Fact]
    public async Task Layers_that_only_the_count_sees_are_looked_for_in_every_row()
    {
        using var vault = await Vault.InitializedAsync("a");
        var told = new Told(vault);
        IReadOnlyList<uint?> doneUnder = [];

        await told.RotateAsync(watch: store =>
        {
            doneUnder = store.DoneUnder;
            store.BeforeSnapshot = snapshot =>
            {
                if (snapshot != 2)
                    return;
                using var keyset = vault.LoadKeyset();
                vault.Execute("UPDATE accounts SET password = $1", Vault.Layer(keyset, vault.Stored("a")!));
            };
        });

        Assert.Equal([null, null, null], doneUnder);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Values_in_another_format_are_looked_for_in_every_row()
    {
        using var vault = await Vault.InitializedAsync("a");
        var told = new Told(vault);
        IReadOnlyList<uint?> doneUnder = [];

        await told.RotateAsync(Told.Options with { Format = StoredFormat.Envelope }, store =>
        {
            doneUnder = store.DoneUnder;
            store.BeforeSnapshot = snapshot =>
            {
                if (snapshot != 2)
                    return;
                using var keyset = vault.LoadKeyset();
                vault.Execute("UPDATE accounts SET password = $1", Vault.Seal(keyset, "secret of a"));
            };
        });

        Assert.Equal([null, null, null], doneUnder);
        Assert.StartsWith("pmm1$", vault.Stored("a"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, " without --new-key")]       // with it, the same command would add another
    public async Task When_the_time_is_over_exactly_it_is_over(bool newKey, string without)
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var service = vault.LoadKeyset();
        var (old, told) = (vault.Primary, new Told(vault));

        await Told.FailsAsync(
            RotationFailure.WorkRemains,
            $"1 value is still to be rewritten after 60 s: a service goes on writing with key {old}",
            $"let every service load the key file again (or stop it), then run the same command{without}: it goes on, and adds no key",
            () => told.RotateAsync(Told.Options with { NewKey = newKey }, watch: store => store.BeforeSnapshot = snapshot =>
            {
                if (snapshot != 2)
                    return;
                vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(service, "secret of a"));
                told.Time.Pass(60);
            }));

        Assert.Equal(["Plan", "Key", "Sweep", "Verify"], told.Story.Phases);
    }

    [Theory]
    [InlineData("a", "2 values are", "1 row is")]
    [InlineData("a b", "4 values are", "2 rows are")]
    public async Task Rows_that_are_held_all_the_time_are_tried_until_it_is_over(string held, string values, string rows)
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        var (old, told) = (vault.Primary, new Told(vault));
        var passes = 0;

        await Told.FailsAsync(
            RotationFailure.WorkRemains,
            $"{values} still to be rewritten after 1 s: a service goes on writing with key {old}; {rows} held by another session",
            "let every service load the key file again (or stop it), then run the same command: it goes on, and adds no key",
            () => told.RotateAsync(Told.Options with { SettleTimeout = TimeSpan.FromSeconds(1) }, store =>
            {
                store.IsHeld = key => held.Contains(key.ToString(), StringComparison.Ordinal);
                store.AfterRead = page =>
                {
                    Assert.True(page < 100, "it goes on without a pause");
                    passes = page / 2;       // two pages a pass
                };
            }));

        Assert.Equal(["Plan", "Key", "Sweep", "Settle", "Verify"], told.Story.Phases);
        // The first; then one at once, and one after each of five pauses.
        Assert.Equal(7, passes);
    }

    [Fact]
    public async Task Values_that_go_on_coming_in_the_clear_are_under_no_key_to_name()
    {
        using var vault = new Vault("a");
        var told = new Told(vault);

        await Told.FailsAsync(
            RotationFailure.WorkRemains,
            "1 value is still to be rewritten after 60 s",
            "let every service load the key file again (or stop it), then run the same command: it goes on, and adds no key",
            () => told.InitAsync(watch: store => store.BeforeSnapshot = _ =>
            {
                vault.Execute("UPDATE accounts SET password = 'secret of a'");
                told.Time.Pass(60);
            }));
    }

    [Fact]
    public async Task A_stop_before_a_page_is_written_leaves_it_as_it_is()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var stop = new CancellationTokenSource();
        var (before, told) = (vault.Stored("a"), new Told(vault));
        IReadOnlyList<RowPage> pages = [];

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => told.RotateAsync(watch: store =>
        {
            pages = store.Pages;
            store.AfterRead = _ => stop.Cancel();
        }, stop: stop.Token));

        Assert.Equal(before, vault.Stored("a"));
        Assert.Equal(0, Assert.Single(pages).Count);
    }

    [Fact]
    public async Task Pages_that_were_read_are_zeroed_also_where_writing_one_fails()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d", "e", "f", "g");
        var told = new Told(vault);
        IReadOnlyList<RowPage> pages = [];

        await Assert.ThrowsAsync<StoreException>(() => told.RotateAsync(watch: store =>
        {
            pages = store.Pages;
            store.BeforeReplace = _ => throw new StoreException("the connection was lost");
        }));

        Assert.Equal([0, 0, 0], pages.Select(page => page.Count));
    }

    [Fact]
    public async Task What_was_changed_in_the_key_file_since_it_was_read_stops_a_run_before_its_first_page()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Edit(manager => manager.Promote(manager.Add()));
        var (before, changed) = (vault.Stored("a"), false);

        foreach (var run in new Func<Told, Task>[] { told => told.RotateAsync(), told => told.InitAsync() })
        {
            var told = new Told(vault);
            told.Story.OnLine = line =>
            {
                if (line == "phase Key")
                {
                    // PMM's own tool, which knows no lock.
                    using var file = KeyFile.Load(vault.KeyPath);
                    using var manager = new KeysetManager(file.Keyset);
                    manager.Promote(manager.Add());
                    File.WriteAllText(vault.KeyPath, InsecureCleartextKeyset.Write(manager.ToKeyset()));
                    changed = true;
                }
            };
            var failed = await Assert.ThrowsAsync<KeyFileException>(() => run(told));
            Assert.Equal((KeyFileProblem.Changed, true, before), (failed.Kind, changed, vault.Stored("a")));
            Assert.DoesNotContain("phase Sweep", told.Story.Lines);
        }
    }
}
