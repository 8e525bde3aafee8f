using PmmCrypt.Testing;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>Replicas that may hold what is gone here.</summary>
public sealed class ReplicaTests : PostgresTest
{
    [SkippableFact]
    public async Task A_database_without_replicas_waits_for_none() =>
        Assert.Empty(await Store.LaggingReplicasAsync(TimeSpan.Zero, default));

    [SkippableFact]
    public async Task A_logical_slot_that_has_not_read_what_was_committed_is_behind_until_it_has()
    {
        const string Slot = "SELECT slot_name FROM pg_create_logical_replication_slot($1, 'test_decoding')";
        await RequireBehindUntilReadAsync(Database, Store, Slot);
    }

    /// <summary>On a server of its own: a physical slot concerns every database of its server, and would hold off other tests' prunes.</summary>
    [SkippableFact]
    [Trait("Category", "Slow")]
    public async Task A_physical_slot_that_has_not_read_what_was_committed_is_behind_until_it_has()
    {
        await using var cluster = await PrivateCluster.StartAsync();
        var database = await cluster.Server.CreateDatabaseAsync();
        await using var store = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.PlainConnectionString), default);
        await RequireBehindUntilReadAsync(database, store, "SELECT slot_name FROM pg_create_physical_replication_slot($1, true)");
    }

    [SkippableFact]
    public async Task A_logical_slot_of_another_database_is_not_this_ones()
    {
        await using var other = await PostgresServer.Require().CreateDatabaseAsync();
        var slot = $"slot_{Guid.NewGuid():N}";
        await other.ScalarAsync<object>($"SELECT pg_create_logical_replication_slot('{slot}', 'test_decoding')");
        try
        {
            await CreateAsync(3);
            Assert.Empty(await Store.LaggingReplicasAsync(TimeSpan.Zero, default));
        }
        finally
        {
            await other.ExecuteAsync($"SELECT pg_drop_replication_slot('{slot}')");
        }
    }

    [SkippableFact]
    [Trait("Category", "Slow")]
    public async Task A_standby_that_does_not_replay_is_behind_and_one_that_has_caught_up_is_not()
    {
        await using var primary = await PrivateCluster.StartAsync();
        await using var standby = await primary.StartStandbyAsync();
        var database = await primary.Server.CreateDatabaseAsync();
        await using var store = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.PlainConnectionString), default);
        await database.ExecuteAsync("CREATE TABLE t (id text PRIMARY KEY)");
        Assert.Empty(await store.LaggingReplicasAsync(TimeSpan.FromSeconds(30), default));

        await standby.Server.ExecuteAsync("SELECT pg_wal_replay_pause()");
        await database.ExecuteAsync("INSERT INTO t VALUES ('1')");        // what is replayed while the pause is being asked for
        await standby.Server.ExecuteAsync(
            "DO $$ BEGIN WHILE pg_get_wal_replay_pause_state() <> 'paused' LOOP PERFORM pg_sleep(0.02); END LOOP; END $$");
        await database.ExecuteAsync("INSERT INTO t VALUES ('2')");

        Assert.StartsWith("standby ", Assert.Single(await store.LaggingReplicasAsync(Moment, default)));
        var role = $"role_{Guid.NewGuid():N}";
        await database.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        await using (var blind = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.ConnectionStringFor(role)), default))
            Assert.Contains($"GRANT pg_monitor TO {role}", Assert.Single(await blind.LaggingReplicasAsync(TimeSpan.Zero, default)));

        await standby.Server.ExecuteAsync("SELECT pg_wal_replay_resume()");
        Assert.Empty(await store.LaggingReplicasAsync(TimeSpan.FromSeconds(30), default));
    }

    private static async Task RequireBehindUntilReadAsync(PostgresDatabase database, PostgresRotationStore store, string create)
    {
        var slot = $"slot_{Guid.NewGuid():N}";
        await database.ScalarAsync<object>(create.Replace("$1", $"'{slot}'", StringComparison.Ordinal));
        try
        {
            await database.ExecuteAsync("CREATE TABLE written (n int)");

            var lagging = Assert.Single(await store.LaggingReplicasAsync(TimeSpan.Zero, default));
            Assert.StartsWith($"replication slot {slot}, which nobody reads (", lagging, StringComparison.Ordinal);

            await AdvanceUntilAsync(database, slot, store.LaggingReplicasAsync(TimeSpan.FromSeconds(60), default));
        }
        finally
        {
            await database.ExecuteAsync($"SELECT pg_drop_replication_slot('{slot}')");
        }
    }

    /// <summary>Lets the slot's reader read on: the server is shared, and others write to it meanwhile.</summary>
    private static async Task AdvanceUntilAsync(PostgresDatabase database, string slot, Task<IReadOnlyList<string>> waiting)
    {
        while (!waiting.IsCompleted)
        {
            await database.ScalarAsync<object>($"SELECT slot_name FROM pg_replication_slot_advance('{slot}', pg_current_wal_flush_lsn())");
            await Task.Delay(50);
        }

        Assert.Empty(await waiting);
    }
}
