using System.Globalization;
using PmmCrypt.Keysets;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;

namespace PmmCrypt.Faults.Tests;

/// <summary>Two calls of the tool at once: the second waits, or is told who is first.</summary>
[Trait("Category", "Slow")]
public sealed class TwoRunsTests
{
    private const string WaitsForOurLock =
        $"SELECT EXISTS (SELECT FROM {OurLock} AND NOT granted)";

    private const string OurLock =
        "pg_locks WHERE locktype = 'advisory' AND objid = 1347243333 "
        + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    /// <summary>In this time a run comes to the key file's lock. One that does not finds it free, and the outcome is the same.</summary>
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(2);

    [SkippableTheory]
    [InlineData("rotate --online")]
    [InlineData("rotate --prune")]
    [InlineData("init --online")]
    [InlineData("key disable {old}")]
    public async Task Beside_a_rotation_what_would_write_is_told_who_is_at_it(string call)
    {
        await using var site = await Site.EncryptedAsync();
        var old = site.Keys.Primary;
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);
        var keyFile = await File.ReadAllBytesAsync(site.KeyFile);
        var holder = await site.Database.ScalarAsync<int>($"SELECT pid FROM {OurLock} AND granted");

        string[] arguments = [.. call.Replace("{old}", $"{old}", StringComparison.Ordinal).Split(' '), "--lock-timeout", "0.5"];
        (await site.RunAsync(arguments)).Fails(7).Says("pmm-crypt", $"process {holder}");
        Assert.Equal(keyFile, await File.ReadAllBytesAsync(site.KeyFile));
        await barrier.LiftAsync();

        (await Site.EndAsync(run)).Ends(0);
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task A_second_rotation_that_waits_is_a_rotation_after_the_first()
    {
        await using var site = await Site.EncryptedAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var first = site.StartRotation();
        await barrier.ReachedAsync(first);
        using var second = site.StartRotation("--lock-timeout", "60");
        await Waiting.UntilAsync(site.Database, WaitsForOurLock, second);
        Assert.Equal(2, site.Keys.Keys.Count);

        await barrier.LiftAsync();

        (await Site.EndAsync(first)).Ends(0);
        (await Site.EndAsync(second)).Ends(0);
        Assert.Equal(3, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task A_second_rotation_that_waits_goes_on_where_a_first_that_was_killed_stopped()
    {
        await using var site = await Site.EncryptedAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var first = site.StartRotation();
        await barrier.ReachedAsync(first);
        using var second = site.StartRotation("--lock-timeout", "60");
        await Waiting.UntilAsync(site.Database, WaitsForOurLock, second);

        first.Kill();
        await Site.EndAsync(first);
        await barrier.LiftAsync();

        (await Site.EndAsync(second)).Ends(0);
        Assert.Equal(2, site.Keys.Keys.Count);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task Key_add_beside_a_rotation_waits_or_is_told_which_process_has_the_file()
    {
        await using var site = await Site.EncryptedAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        (await site.RunAsync("key", "add", "--lock-timeout", "0.5"))
            .Fails(7).Says($"process {run.Id.ToString(CultureInfo.InvariantCulture)} ");
        Assert.Equal(2, site.Keys.Keys.Count);
        using var waiting = site.Start("key", "add", "--lock-timeout", "60");
        await Task.Delay(LongEnough);
        await barrier.LiftAsync();

        (await Site.EndAsync(run)).Ends(0);
        (await Site.EndAsync(waiting)).Ends(0);
        var keys = site.Keys;
        Assert.Equal(3, keys.Keys.Count);
        Assert.Equal(keys.Primary, keys.Keys[1].Id);     // the third waits
        await site.RequireAllUnderPrimaryAsync();
        (await site.RunAsync("rotate", "--online")).Ends(0);
        Assert.Equal(3, site.Keys.Keys.Count);
        Assert.Equal(keys.Keys[2].Id, site.Keys.Primary);
    }

    [SkippableFact]
    public async Task Of_two_key_adds_at_once_one_adds_a_key_and_no_key_is_lost()
    {
        await using var site = await Site.EncryptedAsync();
        var before = site.Keys;
        CliProcess[] runs;
        using (KeyFileLock.Acquire(site.KeyFile, TimeSpan.Zero))
        {
            runs = [site.Start("key", "add", "--lock-timeout", "60"), site.Start("key", "add", "--lock-timeout", "60")];
            await Task.Delay(LongEnough);
        }

        var results = await Task.WhenAll(runs.Select(Site.EndAsync));

        Assert.Equal([0, 5], results.Select(result => result.ExitCode).Order());
        Assert.Equal(2, site.Keys.Keys.Count);
        Assert.Equal(before.Primary, site.Keys.Primary);
        await site.RequireAllUnderPrimaryAsync();
        foreach (var run in runs)
            run.Dispose();
    }
}
