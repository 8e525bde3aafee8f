using Npgsql;
using PmmCrypt.Testing.Faults;

namespace PmmCrypt.Faults.Tests;

/// <summary>A pooler in transaction mode stands between the tool and the server.</summary>
[Trait("Category", "Slow")]
public sealed class PoolerTests
{
    [SkippableFact]
    public async Task Everything_goes_through_it_and_leaves_no_setting_behind()
    {
        await using var site = await Site.EncryptedAsync();
        await using var pooler = await Pooler.StartAsync(site.Database);
        site.Connection = pooler.Through(site.Connection);

        (await site.RunAsync("rotate", "--dry-run")).Ends(2);
        (await site.RunAsync("rotate", "--batch-size", Site.PageSize)).Ends(0);
        (await site.RunAsync("status")).Ends(0);
        (await site.RunAsync("verify", "--require-encrypted")).Ends(0);
        (await site.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0);

        Assert.Single(site.Keys.Keys);
        await site.RequireAllUnderPrimaryAsync();
        // The pooler hands the sessions that the tool has used to whoever comes next.
        await using var next = new NpgsqlConnection(site.Connection + ";Pooling=false");
        await next.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT string_agg(name || ' = ' || setting, ', ') FROM pg_settings WHERE source = 'session' "
            + "AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')",
            next);
        Assert.Equal(DBNull.Value, await command.ExecuteScalarAsync());
        command.CommandText = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1347243333 "
            + "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [SkippableFact]
    public async Task The_lock_does_not_outlive_a_run_that_was_killed()
    {
        await using var site = await Site.EncryptedAsync();
        await using var pooler = await Pooler.StartAsync(site.Database);
        site.Connection = pooler.Through(site.Connection);
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        run.Kill();
        await Site.EndAsync(run);
        await barrier.LiftAsync();

        await site.RequireHalfDoneAndFinishesAsync();
    }

    [SkippableFact]
    public async Task A_pooler_that_dies_in_the_sweep_is_a_connection_that_was_lost()
    {
        await using var site = await Site.EncryptedAsync();
        await using var pooler = await Pooler.StartAsync(site.Database);
        site.Connection = pooler.Through(site.Connection);
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        await pooler.KillAsync();
        (await Site.EndAsync(run)).Fails(8).Says("same command again");
        await barrier.LiftAsync();
        await pooler.StartAgainAsync();

        await site.RequireHalfDoneAndFinishesAsync();
    }

    [SkippableFact]
    public async Task While_one_run_is_under_way_behind_it_another_is_told_who_that_is()
    {
        await using var site = await Site.EncryptedAsync();
        await using var pooler = await Pooler.StartAsync(site.Database);
        site.Connection = pooler.Through(site.Connection);
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        (await site.RunAsync("rotate", "--online", "--lock-timeout", "0.5")).Fails(7).Says("pmm-crypt");
        await barrier.LiftAsync();

        (await Site.EndAsync(run)).Ends(0);
        await site.RequireAllUnderPrimaryAsync();
    }
}
