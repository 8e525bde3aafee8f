using System.Diagnostics;
using Npgsql;
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

    /// <summary>
    /// The service holds the one and comes to the other when the fence, which holds that, has long looked whether they wait for each other.
    /// Who looks last is ended by the server.
    /// </summary>
    [SkippableFact]
    public async Task A_service_that_writes_the_tables_in_the_other_order_is_never_ended_by_it()
    {
        await Database.ExecuteAsync($"ALTER DATABASE {Database.Name} SET deadlock_timeout = '300ms'");
        await using var store = await OpenAsync();
        var first = await CreateAsync(1);
        await Database.ExecuteAsync("CREATE TABLE u (id text PRIMARY KEY, password text, options jsonb)");
        await Database.ExecuteAsync("INSERT INTO u VALUES ('1', 'old')");
        var second = await DescribeAsync(Table("u"));
        await using var service = await Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await ExecuteAsync(service, "UPDATE u SET password = 'theirs'");

        var raising = store.FenceAsync([first, second], TimeSpan.FromSeconds(60), default);
        await WaitForTableWaiterAsync(waits: true);
        await WaitForLongWaiterAsync(TimeSpan.FromMilliseconds(400), atMost: TimeSpan.FromSeconds(2));
        Assert.False(raising.IsCompleted, "The fence was raised beside a writer.");
        var ended = await Record.ExceptionAsync(() => ExecuteAsync(service, "UPDATE t SET password = 'theirs'"));
        await (ended is null ? transaction.CommitAsync() : transaction.RollbackAsync());

        await using var fence = await raising.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Null(ended);
        Assert.Equal(("theirs", "theirs"), (await PasswordAsync("1"), await Database.ScalarAsync<string>("SELECT password FROM u")));
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

    /// <summary>Waits until a session has waited this long for a table; or, for none does, for so long in all.</summary>
    private async Task WaitForLongWaiterAsync(TimeSpan wait, TimeSpan atMost)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < atMost && !await Database.ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database() "
            + "AND l.locktype = 'relation' AND NOT l.granted AND l.waitstart < clock_timestamp() - $1)", wait))
            await Task.Delay(20);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
