using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;
using PmmCrypt.Tool.Tests;

namespace PmmCrypt.Faults.Tests;

/// <summary>
/// The database goes away in the middle of a sweep. The run ends with what to do next, every value opens with the key file as it lies
/// there, and the same command ends the work without another key.
/// </summary>
[Trait("Category", "Slow")]
public sealed class OutageTests
{
    private const string Tools = "FROM pg_stat_activity WHERE application_name = 'pmm-crypt' AND datname = current_database()";

    [SkippableFact]
    public async Task A_server_that_crashes_and_comes_back()
    {
        await using var cluster = await PrivateCluster.StartAsync();
        await using var site = await Site.EncryptedAsync(cluster);
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        await site.Database.ExecuteAsync("CHECKPOINT");     // pages wait for no disk: else it might lose all that was done
        await cluster.StopAsync(immediate: true);
        (await Site.EndAsync(run)).Fails(8).Says("same command again");
        (await site.RunAsync("rotate", "--online")).Fails(8);       // while it is down
        await cluster.StartAgainAsync();

        await site.RequireHalfDoneAndFinishesAsync();
    }

    [SkippableFact]
    public async Task A_standby_that_lags_and_is_promoted()
    {
        await using var primary = await PrivateCluster.StartAsync();
        await using var site = await Site.EncryptedAsync(primary);
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        await using var standby = await primary.StartStandbyAsync();
        var (there, here) = (standby.Server.ConnectionStringTo(site.Database.Name), site.Connection);
        // From now on nothing reaches it: what the sweep commits, it will not have, and it will hand out the same transaction ids again.
        await using (var connection = new NpgsqlConnection(there + ";Pooling=false"))
        {
            await connection.OpenAsync();
            var caughtUp = await site.Database.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text");
            await UntilAsync(connection, $"SELECT pg_last_wal_replay_lsn() >= '{caughtUp}'");
            await ExecuteAsync(connection, "ALTER SYSTEM SET primary_conninfo = ''");
            await ExecuteAsync(connection, "SELECT pg_reload_conf()");
            await UntilAsync(connection, "SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver)");
        }

        var (first, second) = (new NpgsqlConnectionStringBuilder(here), new NpgsqlConnectionStringBuilder(there));
        first.Host = $"{first.Host}:{first.Port},{second.Host}:{second.Port}";
        site.Connection = first.ConnectionString;
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        await primary.StopAsync(immediate: true);
        (await Site.EndAsync(run)).Fails(8).Says("same command again");
        (await site.RunAsync("rotate", "--online")).Fails(8).Says("read-only");      // a standby still
        await standby.PromoteAsync();
        await ExecuteAsync(there, "DROP SCHEMA barrier CASCADE");

        var keys = site.Keys;
        Assert.Equal(2, keys.Keys.Count);
        Assert.Equal(0, await UnderPrimaryAsync(there, keys.Primary));
        (await site.RunAsync("rotate", "--online")).Ends(0);
        Assert.Equal(keys.Primary, site.Keys.Primary);
        Assert.Equal(Site.Agents - 3, await UnderPrimaryAsync(there, keys.Primary));
        (await site.RunAsync("verify")).Ends(0);
        (await site.Pmm.CheckAsync(site.Keys.OpenPrimary, at: standby.Server)).EnsureAsSeeded();
    }

    [SkippableFact]
    public async Task A_standby_that_does_not_replay_holds_a_prune_off_and_no_key_goes()
    {
        await using var primary = await PrivateCluster.StartAsync();
        await using var site = await Site.EncryptedAsync(primary);
        await using var standby = await primary.StartStandbyAsync();
        (await site.RunAsync("rotate", "--online")).Ends(0);
        var caughtUp = await site.Database.ScalarAsync<string>("SELECT pg_current_wal_lsn()::text");
        await using (var connection = new NpgsqlConnection(standby.Server.ConnectionStringTo(site.Database.Name) + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await UntilAsync(connection, $"SELECT pg_last_wal_replay_lsn() >= '{caughtUp}'");
            await ExecuteAsync(connection, "SELECT pg_wal_replay_pause()");
            await site.Database.ExecuteAsync("CREATE TABLE on_the_way ()");      // what is replayed while the pause is being asked for
            await UntilAsync(connection, "SELECT pg_get_wal_replay_pause_state() = 'paused'");
        }

        await site.Database.ExecuteAsync("CREATE TABLE not_replayed ()");
        var before = await File.ReadAllBytesAsync(site.KeyFile);

        (await site.RunAsync("rotate", "--prune", "--retain", "0", "--lock-timeout", "1")).Fails(5).Says("standby ");

        Assert.Equal(before, await File.ReadAllBytesAsync(site.KeyFile));
        await standby.Server.ExecuteAsync("SELECT pg_wal_replay_resume()");
        (await site.RunAsync("rotate", "--prune", "--retain", "0", "--lock-timeout", "60")).Ends(0);
        Assert.Single(site.Keys.Keys);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableTheory]
    [InlineData("pid IN (SELECT pid FROM pg_locks WHERE objid = 1347243333)")]
    [InlineData("wait_event = 'advisory'")]
    [InlineData("true")]
    public async Task Sessions_of_ours_that_an_administrator_ends(string which)
    {
        await using var site = await Site.EncryptedAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        var ended = await site.Database.ScalarAsync<long>($"SELECT count(pg_terminate_backend(pid, 5000)) {Tools} AND {which}");
        await barrier.LiftAsync();

        Assert.InRange(ended, which == "true" ? 2 : 1, 4);
        (await Site.EndAsync(run)).Fails(8).Says("same command again");
        await site.RequireHalfDoneAndFinishesAsync();
    }

    [SkippableFact]
    public async Task A_page_that_an_administrator_cancels()
    {
        await using var site = await Site.EncryptedAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        await site.Database.ExecuteAsync($"SELECT pg_cancel_backend(pid) {Tools} AND wait_event = 'advisory'");
        (await Site.EndAsync(run)).Fails(8).Says("same command again");
        await barrier.LiftAsync();

        await site.RequireHalfDoneAndFinishesAsync();
    }

    [SkippableFact]
    public async Task Told_to_stop_it_ends_after_the_page_that_is_held()
    {
        await using var site = await Site.EncryptedAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        run.Interrupt();
        await barrier.LiftAsync();

        (await Site.EndAsync(run)).Fails(6).Says("same command again");
        await site.RequireHalfDoneAndFinishesAsync();
    }

    [SkippableFact]
    public async Task Told_to_stop_it_ends_although_its_page_waits_for_a_table()
    {
        await using var site = await Site.EncryptedAsync();
        await using var session = await site.Database.OpenAsync();
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);
        // It is granted when the page that is held ends, and the next one waits behind it.
        await using var transaction = await session.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("LOCK TABLE agents IN EXCLUSIVE MODE", session);
        var locking = command.ExecuteNonQueryAsync();
        await Waiting.UntilAsync(site.Database, Ungranted("ExclusiveLock"), run);
        await barrier.LiftAsync();
        await locking;
        await Waiting.UntilAsync(site.Database, Ungranted("RowExclusiveLock"), run);

        run.Interrupt();
        var result = ToolResult.Of("rotate, stopped", await run.WaitAsync(TimeSpan.FromSeconds(60)));
        await transaction.CommitAsync();

        Assert.True(result.ExitCode is 6 or 8, result.Error);
        result.Fails(result.ExitCode).Says("same command again");
        await site.RequireHalfDoneAndFinishesAsync();
    }

    [SkippableFact]
    public async Task A_disk_that_is_full()
    {
        using var disk = await SmallDisk.MountAsync(megabytes: 4);
        await using var cluster = await PrivateCluster.StartAsync();
        await using var site = await Site.EncryptedAsync(cluster);
        await site.Database.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{disk.Path}'");
        await site.Database.ExecuteAsync("ALTER TABLE agents SET TABLESPACE small; ALTER TABLE agents SET (autovacuum_enabled = off)");
        await using var barrier = await RowBarrier.BeforeAsync(site.Pmm, Site.Middle);
        // Whoever looks at the rows of before keeps the server from using their room again.
        await using var reader = await site.Database.OpenAsync();
        await using var snapshot = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await ExecuteAsync(reader, "SELECT FROM agents");
        using var run = site.StartRotation();
        await barrier.ReachedAsync(run);

        disk.Fill();
        await barrier.LiftAsync();
        (await Site.EndAsync(run)).Fails(8).Says("No space left", "free space", "same command again");
        (await site.RunAsync("rotate", "--online")).Ends(8);        // while it is full
        disk.Free();
        await snapshot.CommitAsync();

        await site.RequireHalfDoneAndFinishesAsync();
    }

    private static string Ungranted(string mode) =>
        $"SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'agents'::regclass AND mode = '{mode}' AND NOT granted)";

    private static async Task<long> UnderPrimaryAsync(string connectionString, uint primary)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT username FROM agents WHERE username IS NOT NULL", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var count = 0;
        while (await reader.ReadAsync())
            count += PmmCrypt.Testing.Tink.HandKeyset.KeyIdOf(reader.GetString(0)) == primary ? 1 : 0;
        return count;
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await ExecuteAsync(connection, sql);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static Task UntilAsync(NpgsqlConnection connection, string query) => Waiting.UntilAsync(
        async () =>
        {
            await using var command = new NpgsqlCommand(query, connection);
            return await command.ExecuteScalarAsync() is true;
        },
        query);
}
