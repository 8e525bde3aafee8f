using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;
using PmmCrypt.Testing.Tink;
using PmmCrypt.Tool.Tests;

namespace PmmCrypt.Faults.Tests;

/// <summary>Runs that share a sweep: what one is held up in the others do, and no death of one stops the others or the end.</summary>
[Trait("Category", "Slow")]
public sealed class JoinTests
{
    [SkippableFact]
    public async Task What_the_first_is_held_up_before_the_other_does_and_each_row_is_replaced_once()
    {
        await using var site = await Site.EncryptedAsync();
        var rows = Replaced((await site.RunAsync("rotate", "--online", "--json")).Ends(0));
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var first = site.StartRotation("--json");
        await barrier.ReachedAsync(first);
        var old = site.Keys.Keys[^2].Id;

        using var second = site.Start("rotate", "--join", "--json", "--batch-size", Site.PageSize);
        // What is in the page that is held, nobody can write; and one page more may be on its way.
        await Waiting.UntilAsync(async () => await CountUnderAsync(site, old) <= 2 * int.Parse(Site.PageSize), "the other's work", second);
        Assert.False(first.HasExited);
        await barrier.LiftAsync();

        var led = (await Site.EndAsync(first)).Ends(0);
        var joined = (await Site.EndAsync(second)).Ends(0);
        Assert.True(joined.Json().GetProperty("joined").GetBoolean());
        Assert.False(led.Json().GetProperty("joined").GetBoolean());
        Assert.InRange(Replaced(joined), 1, rows - 1);
        Assert.Equal(rows, Replaced(led) + Replaced(joined));
        Assert.Equal(3, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task The_death_of_the_first_stops_neither_the_other_nor_the_end()
    {
        await using var site = await Site.EncryptedAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var first = site.StartRotation();
        await barrier.ReachedAsync(first);
        using var second = site.Start("rotate", "--join", "--batch-size", Site.PageSize);
        await JoinedAsync(site, second);

        first.Kill();
        await Site.EndAsync(first);
        await barrier.LiftAsync();

        (await Site.EndAsync(second)).Ends(0).Prints("joined the rotation");
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task The_death_of_who_joined_stops_neither_the_first_nor_the_end()
    {
        await using var site = await Site.EncryptedAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var first = site.StartRotation();
        await barrier.ReachedAsync(first);
        using var second = site.Start("rotate", "--join", "--batch-size", Site.PageSize);
        await JoinedAsync(site, second);

        second.Kill();
        await Site.EndAsync(second);
        await barrier.LiftAsync();

        (await Site.EndAsync(first)).Ends(0);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task While_a_sweep_goes_on_whose_first_run_died_no_key_is_added_or_retired()
    {
        await using var site = await Site.EncryptedAsync();
        var old = site.Keys.Primary;
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var first = site.StartRotation();
        await barrier.ReachedAsync(first);
        using var second = site.Start("rotate", "--join", "--batch-size", Site.PageSize);
        await JoinedAsync(site, second);
        first.Kill();
        await Site.EndAsync(first);
        await Waiting.UntilAsync(
            site.Database,
            "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = 1347243333"
            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
            second);
        var keyFile = await File.ReadAllBytesAsync(site.KeyFile);

        (await site.RunAsync("rotate", "--online", "--new-key", "--lock-timeout", "1")).Fails(7).Says("still sweeps", "pmm-crypt");
        Assert.Equal(keyFile, await File.ReadAllBytesAsync(site.KeyFile));
        await barrier.LiftAsync();

        (await Site.EndAsync(second)).Ends(0);
        await site.RequireAllUnderPrimaryAsync();
        (await site.RunAsync("key", "disable", $"{old}")).Ends(0);
    }

    [SkippableFact]
    public async Task Several_that_are_started_at_once_end_with_the_key_that_waited()
    {
        await using var site = await Site.EncryptedAsync();
        (await site.RunAsync("key", "add")).Ends(0);
        var added = site.Keys.Keys[^1].Id;

        var runs = Enumerable.Range(0, 3).Select(_ => site.Start("rotate", "--join", "--batch-size", Site.PageSize)).ToArray();
        foreach (var result in await Task.WhenAll(runs.Select(Site.EndAsync)))
            result.Ends(0);

        Assert.Equal(added, site.Keys.Primary);
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();
        // Once more, as a job does that is run again: nothing is left, and no key is added.
        (await site.RunAsync("rotate", "--join")).Ends(0);
        Assert.Equal(2, site.Keys.Keys.Count);
        foreach (var run in runs)
            run.Dispose();
    }

    [SkippableFact]
    public async Task What_is_left_of_a_table_whose_rows_are_too_many_to_know_each_place_is_shared_too()
    {
        const int Copies = 110_000;
        await using var site = await Site.EncryptedAsync();
        var rows = Replaced((await site.RunAsync("rotate", "--online", "--json")).Ends(0));
        var plaintext = site.Keys.OpenPrimary((await site.StoredAsync(Site.Middle))!);
        await site.CopyAgentAsync(Site.Middle, Copies);
        (await site.RunAsync("key", "add")).Ends(0);
        // As after a run that was killed behind the promotion: the key is primary, and not one row is under it.
        (await site.RunAsync("key", "promote", $"{site.Keys.Keys[^1].Id}")).Ends(0);

        var runs = Enumerable.Range(0, 2).Select(_ => site.Start("rotate", "--join", "--json")).ToArray();
        // Both take parts of the table: undivided, each row would be one run's too, but each run would read every row.
        await Waiting.UntilAsync(
            site.Database,
            "SELECT count(DISTINCT pid) = 2 FROM pg_locks WHERE locktype = 'advisory' AND classid::bigint >> 16 = 20558 AND granted"
            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            runs[0]);
        var replaced = (await Task.WhenAll(runs.Select(Site.EndAsync))).Select(result => Replaced(result.Ends(0))).ToArray();

        Assert.All(replaced, one => Assert.InRange(one, 1_000, Copies - 1_000));
        Assert.Equal(Copies + rows, replaced.Sum());
        var keys = site.Keys;
        Assert.Equal(3, keys.Keys.Count);
        var copies = await site.CopiesAsync();
        Assert.Equal(Copies, copies.Length);
        Assert.All(copies, copy => Assert.Equal(plaintext, keys.OpenPrimary(copy)));
        (await site.RunAsync("status")).Ends(0);
        foreach (var run in runs)
            run.Dispose();
    }

    private static long Replaced(ToolResult result) => result.Json().GetProperty("rowsReplaced").GetInt64();

    private static async Task<int> CountUnderAsync(Site site, uint key)
    {
        var count = 0;
        foreach (var i in Site.InSweepOrder)
            count += HandKeyset.KeyIdOf((await site.StoredAsync(i))!) == key ? 1 : 0;
        return count;
    }

    /// <summary>
    /// Two runs sweep. Not only hold a share in the sweep: who asks whether there is one does that too, and leads where the first is gone.
    /// </summary>
    private static Task JoinedAsync(Site site, CliProcess run) => Waiting.UntilAsync(
        site.Database,
        "SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory' AND classid = 1347223554 AND mode = 'ShareLock' AND granted"
        + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        run);
}
