using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

public sealed class FenceTests : PostgresTest
{
    [SkippableFact]
    public async Task A_prepared_transaction_that_has_written_holds_it_off()
    {
        var layout = await CreateAsync(2);
        await Database.ExecuteAsync("BEGIN; UPDATE t SET password = 'prepared' WHERE id = '1'; PREPARE TRANSACTION 'old-value'");

        await Assert.ThrowsAsync<StoreBusyException>(() => Store.FenceAsync([layout], TimeSpan.FromMilliseconds(300), default));

        await Database.ExecuteAsync("ROLLBACK PREPARED 'old-value'");
        await using var fence = await Store.FenceAsync([layout], Moment, default);
    }

    [SkippableFact]
    public async Task While_it_stands_writers_wait_and_readers_do_not()
    {
        var layout = await CreateAsync(2);
        var fence = await Store.FenceAsync([layout], Moment, default);

        var writing = Database.ExecuteAsync("UPDATE t SET password = 'theirs' WHERE id = '1'");
        await WaitForTableWaiterAsync(waits: true);
        Assert.Equal("old", await PasswordAsync("1"));
        var rows = 0;
        await foreach (var page in fence.ReadAsync(PageSize.Default, default))
        {
            using (page)
                rows += page.Count;
        }

        Assert.Equal(2, rows);
        await fence.ProveAsync(default);
        Assert.False(writing.IsCompleted, "A writer came through.");
        await fence.ReleaseAsync(default);
        await fence.DisposeAsync();
        Assert.Equal(1, await writing.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [SkippableFact]
    public async Task That_it_fell_shows_before_anything_rests_on_it()
    {
        var layout = await CreateAsync(2);
        await using var fence = await Store.FenceAsync([layout], Moment, default);
        await Database.ExecuteAsync(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
            + "WHERE mode = 'ShareLock' AND relation = 't'::regclass AND pid <> pg_backend_pid()");

        await Assert.ThrowsAsync<StoreException>(() => fence.ProveAsync(default));
    }
}
