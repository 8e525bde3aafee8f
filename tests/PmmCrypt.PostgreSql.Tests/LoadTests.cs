using PmmCrypt.Testing;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>How busy a server is, as an ordinary role sees it.</summary>
public sealed class LoadTests : PostgresTest
{
    [SkippableFact]
    public async Task A_session_that_waits_for_a_lock_is_seen_until_it_has_it()
    {
        await CreateAsync(1);
        await using var store = await OpenAsync(await CreateRoleAsync());
        await using var holder = await Database.OpenAsync();
        await using var holding = await holder.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("UPDATE t SET other = 'held' WHERE id = '1'", holder))
            await hold.ExecuteNonQueryAsync();
        Assert.Equal(0, (await store.LoadAsync(default)).Waiting);

        var waiting = Database.ExecuteAsync("UPDATE t SET other = 'waited' WHERE id = '1'");
        await UntilAsync(async () => (await store.LoadAsync(default)).Waiting == 1);
        await holding.CommitAsync();
        await waiting;

        Assert.Equal(0, (await store.LoadAsync(default)).Waiting);
    }

    [SkippableFact]
    public async Task Nobody_is_who_waits_for_this_run_to_end_or_in_another_database()
    {
        await using var held = await Store.LockAsync(Moment, default);
        await using var other = await PostgresServer.Require().CreateDatabaseAsync();
        await other.ExecuteAsync("CREATE TABLE t (id text PRIMARY KEY)");
        await using var holder = await other.OpenAsync();
        await using var holding = await holder.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("LOCK TABLE t", holder))
            await hold.ExecuteNonQueryAsync();

        var elsewhere = other.ExecuteAsync("INSERT INTO t VALUES ('1')");
        await using var second = await OpenAsync();
        var rotation = second.LockAsync(TimeSpan.FromMinutes(1), default);
        await UntilAsync(async () => await Database.ScalarAsync<long>(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = ANY ($1)",
            [new[] { Database.Name, other.Name }]) == 2);

        Assert.Equal(0, (await Store.LoadAsync(default)).Waiting);
        await holding.CommitAsync();
        await elsewhere;
        await held.DisposeAsync();
        await (await rotation).DisposeAsync();
    }

    [SkippableFact]
    [Trait("Category", "Slow")]
    public async Task A_replica_that_does_not_replay_is_behind_by_what_was_written_and_an_ordinary_role_does_not_know()
    {
        await using var primary = await PrivateCluster.StartAsync();
        await using var standby = await primary.StartStandbyAsync();
        await using var database = await primary.Server.CreateDatabaseAsync();
        await using var store = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.PlainConnectionString), default);
        await database.ExecuteAsync("CREATE TABLE t (v text)");
        Assert.Empty(await store.LaggingReplicasAsync(TimeSpan.FromSeconds(30), default));

        await standby.Server.ExecuteAsync("SELECT pg_wal_replay_pause()");
        await database.ExecuteAsync("INSERT INTO t VALUES ('1')");       // what is replayed while the pause is being asked for
        await standby.Server.ExecuteAsync(
            "DO $$ BEGIN WHILE pg_get_wal_replay_pause_state() <> 'paused' LOOP PERFORM pg_sleep(0.02); END LOOP; END $$");
        await database.ExecuteAsync("INSERT INTO t SELECT repeat('x', 1000) FROM generate_series(1, 2000)");

        await UntilAsync(async () => (await store.LoadAsync(default)).ReplicaLag > 1_000_000);
        var role = $"role_{Guid.NewGuid():N}";
        await database.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        await using (var blind = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.ConnectionStringFor(role)), default))
            Assert.Null((await blind.LoadAsync(default)).ReplicaLag);
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        for (var tries = 0; !await isSo(); tries++)
        {
            Assert.True(tries < 600, "It did not happen within half a minute.");
            await Task.Delay(50);
        }
    }
}
