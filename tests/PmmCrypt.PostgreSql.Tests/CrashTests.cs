using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Testing;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>What a server that loses its memory brings back: nothing that a key was destroyed for.</summary>
[Trait("Category", "Slow")]
public sealed class CrashTests
{
    // The log is written seldom enough that what no commit of ours flushes is lost.
    private static readonly string[] Lazy =
        ["wal_writer_delay=10000", "wal_writer_flush_after=100000", "synchronous_commit=off", "autovacuum=off"];

    [SkippableFact]
    public async Task Nothing_that_a_fence_has_seen_is_undone_by_a_crash()
    {
        await using var cluster = await PrivateCluster.StartAsync(durable: true, Lazy);
        var database = await cluster.Server.CreateDatabaseAsync();
        var layout = await PrepareAsync(database);
        await using (var store = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.PlainConnectionString), default))
        {
            // A service whose commits do not wait for the disk: its row is seen replaced, and is not yet durable.
            var waiting = false;
            for (var i = 0; !waiting; i++)
            {
                Assert.True(i < 50, "The server wrote every commit to disk at once: this shows nothing.");
                await database.ExecuteAsync("UPDATE t SET password = 'theirs'");
                waiting = await database.ScalarAsync<bool>("SELECT pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn()");
            }

            await using var fence = await store.FenceAsync([layout], TimeSpan.FromSeconds(5), default);

            await cluster.StopAsync(immediate: true);
        }

        await cluster.StartAgainAsync();
        Assert.Equal("theirs", await database.ScalarAsync<string>("SELECT password FROM t"));
    }

    [SkippableFact]
    public async Task What_was_flushed_stays_replaced_whatever_the_server_says_of_commits()
    {
        await using var cluster = await PrivateCluster.StartAsync(durable: true, Lazy);
        var database = await cluster.Server.CreateDatabaseAsync();
        var layout = await PrepareAsync(database);
        await using (var store = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.PlainConnectionString), default))
        {
            await using var held = await store.LockAsync(TimeSpan.FromSeconds(5), default);
            using var page = await store.ReadPageAsync(layout, null, PageSize.Default, null, default);
            var changes = new RowChanges(layout);
            changes.Set(0, 0, "new"u8);
            Assert.Equal([true], await store.ReplaceAsync(page, changes, default));
            await store.FlushAsync(default);

            await cluster.StopAsync(immediate: true);
        }

        await cluster.StartAgainAsync();
        Assert.Equal("new", await database.ScalarAsync<string>("SELECT password FROM t"));
    }

    [SkippableFact]
    public async Task A_flush_waits_for_the_replicas_that_the_server_waits_for_and_a_page_does_not()
    {
        await using var cluster = await PrivateCluster.StartAsync(
            durable: true, "synchronous_standby_names=absent", "synchronous_commit=local");
        var database = await cluster.Server.CreateDatabaseAsync();
        var layout = await PrepareAsync(database);
        await using var store = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.PlainConnectionString), default);
        await using var held = await store.LockAsync(TimeSpan.FromSeconds(5), default);
        using var page = await store.ReadPageAsync(layout, null, PageSize.Default, null, default);
        var changes = new RowChanges(layout);
        changes.Set(0, 0, "new"u8);
        Assert.Equal([true], await store.ReplaceAsync(page, changes, default));

        using var stop = new CancellationTokenSource();
        var flushing = store.FlushAsync(stop.Token);
        while (await database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == 0)
        {
            Assert.False(flushing.IsCompleted, "It did not wait for the replica.");
            await Task.Delay(20, CancellationToken.None);
        }

        await cluster.StopAsync(immediate: true);
        await Assert.ThrowsAsync<StoreException>(() => flushing);
    }

    private static async Task<TableLayout> PrepareAsync(PostgresDatabase database)
    {
        await database.ExecuteAsync("CREATE TABLE t (id text PRIMARY KEY, password text); INSERT INTO t VALUES ('1', 'old')");
        await database.ExecuteAsync("CHECKPOINT");
        var table = new EncryptedTable(
            null, "t", [new KeyColumn("id", KeyColumnType.Text)],
            [EncryptedColumn.Text(new EncryptedField("password", StoredFormats.All))]);
        await using var store = await PostgresRotationStore.OpenAsync(new PostgresTarget(database.PlainConnectionString), default);
        return Assert.Single(await store.DescribeAsync(new EncryptionModel("test", [table]), default));
    }
}
