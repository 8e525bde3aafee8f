using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>Runs that sweep a table together: who may join, who is shut out, and that each row is one run's.</summary>
public sealed class SharedSweepTests : PostgresTest
{
    private const uint Key = 4_000_000_000;     // beyond what a signed number of 32 bits holds
    private static readonly string Done = CiphertextPrefix.Of(Key)[0] + "AAAA";     // what the database can tell to be under the key
    private static readonly PageSize Pages = new(100, 1 << 20);
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(300);

    [SkippableFact]
    public async Task Nobody_joins_a_sweep_that_is_not_under_way_or_is_under_another_key()
    {
        await using var second = await OpenAsync();
        Assert.Null(await second.JoinSweepAsync(Key, default));
        await using (await Store.LockAsync(Moment, default))
        {
            Assert.Null(await second.JoinSweepAsync(Key, default));
            await Store.ShareSweepAsync(Key, default);
            Assert.Null(await second.JoinSweepAsync(Key + 1, default));
            await using var joined = await second.JoinSweepAsync(Key, default);
            Assert.NotNull(joined);
        }

        Assert.Null(await second.JoinSweepAsync(Key, default));
    }

    [SkippableFact]
    public async Task Who_only_asks_whether_there_is_a_sweep_is_none()
    {
        await using var asking = await Database.OpenAsync();
        await using var transaction = await asking.BeginTransactionAsync();
        await using var command = new Npgsql.NpgsqlCommand($"SELECT pg_advisory_xact_lock_shared({(0x504D0001L << 32) | Key})", asking);
        await command.ExecuteNonQueryAsync();

        Assert.Null(await Store.JoinSweepAsync(Key, default));
    }

    [SkippableFact]
    public async Task Two_runs_read_each_row_once_between_them_and_replace_it()
    {
        var layout = await CreateWideAsync();
        await using var held = await Store.LockAsync(Moment, default);
        await Store.ShareSweepAsync(Key, default);
        await using var second = await OpenAsync();
        await using var joined = await second.JoinSweepAsync(Key, default);

        var first = new List<string>();
        var others = new List<string>();
        PagePosition? from = SharedPosition.Beginning;
        PagePosition? otherFrom = SharedPosition.Beginning;
        var leftParts = false;
        while (from is not null || otherFrom is not null)
        {
            if (from is not null)
                (from, _) = await PageAsync(Store, layout, from, first);
            if (otherFrom is not null)
            {
                (otherFrom, var left) = await PageAsync(second, layout, otherFrom, others);
                leftParts |= left;
            }
        }

        Assert.Equal(6000, first.Count + others.Count);
        Assert.Equal(6000, first.Concat(others).Distinct().Count());
        Assert.InRange(others.Count, 1000, 5000);
        Assert.True(leftParts);
        Assert.Equal(6000, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password <> 'old'"));
    }

    [SkippableFact]
    public async Task What_a_run_had_taken_that_died_others_take()
    {
        var layout = await CreateWideAsync();
        await using var held = await Store.LockAsync(Moment, default);
        await Store.ShareSweepAsync(Key, default);
        var read = new List<string>();
        await using (var second = await OpenAsync())
        {
            await using var joined = await second.JoinSweepAsync(Key, default);
            using var page = await second.ReadPageAsync(layout, SharedPosition.Beginning, Pages, null, default);
            Assert.False(page.IsLast);
        }

        for (PagePosition? from = SharedPosition.Beginning; from is not null;)
            (from, _) = await PageAsync(Store, layout, from, read);

        Assert.Equal(6000, read.Distinct().Count());
    }

    [SkippableFact]
    public async Task A_table_that_has_grown_is_divided_as_the_first_run_divided_it()
    {
        var layout = await CreateWideAsync();
        await using var held = await Store.LockAsync(Moment, default);
        await Store.ShareSweepAsync(Key, default);
        var first = new List<string>();
        PagePosition? from = SharedPosition.Beginning;
        for (var i = 0; i < 5; i++)
            (from, _) = await PageAsync(Store, layout, from, first);
        await Database.ExecuteAsync("INSERT INTO t SELECT n::text, 'late' FROM generate_series(10000, 25000) n");
        await using var second = await OpenAsync();
        await using var joined = await second.JoinSweepAsync(Key, default);
        var others = new List<string>();
        for (PagePosition? otherFrom = SharedPosition.Beginning; otherFrom is not null;)
            (otherFrom, _) = await PageAsync(second, layout, otherFrom, others);
        while (from is not null)
            (from, _) = await PageAsync(Store, layout, from, first);

        Assert.Empty(first.Intersect(others));
        Assert.Equal(6000, first.Concat(others).Count(id => id.Length < 5));
    }

    [SkippableFact]
    public async Task Who_has_joined_is_waited_for_and_then_nobody_joins()
    {
        var layout = await CreateAsync(1);
        await using var second = await OpenAsync();
        await using var third = await OpenAsync();
        var first = await Store.LockAsync(Moment, default);
        await Store.ShareSweepAsync(Key, default);
        var joined = await second.JoinSweepAsync(Key, default);
        await first.DisposeAsync();     // the run that led is over, and the other goes on

        await using var held = await third.LockAsync(Moment, default);
        var refused = await Assert.ThrowsAsync<StoreLockedException>(() => third.ExcludeSweepsAsync([Key - 1, Key], Brief, default));
        Assert.Contains($"under key {Key}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("pmm-crypt", refused.Message, StringComparison.Ordinal);
        using (var page = await second.ReadPageAsync(layout, null, Pages, null, default))
            Assert.All(await ReplaceAsync(page, "joined", second), Assert.True);
        var excluding = third.ExcludeSweepsAsync([Key], TimeSpan.FromSeconds(60), default);
        await joined!.DisposeAsync();
        await excluding;

        Assert.Null(await second.JoinSweepAsync(Key, default));
        // And the lock is what it was, after a try that failed.
        using (var page = await third.ReadPageAsync(layout, null, Pages, null, default))
            Assert.All(await ReplaceAsync(page, "led", third), Assert.True);
        Assert.Equal("led", await PasswordAsync("1"));
    }

    [SkippableFact]
    public async Task Who_shares_no_longer_writes_no_more()
    {
        var layout = await CreateAsync(1);
        await using var held = await Store.LockAsync(Moment, default);
        await Store.ShareSweepAsync(Key, default);
        await using var second = await OpenAsync();
        await using var joined = await second.JoinSweepAsync(Key, default);
        using var page = await second.ReadPageAsync(layout, null, Pages, null, default);

        await Database.ExecuteAsync(
            // and waits until it is gone
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND objid = 4000000000"
            + " AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock')");

        var failure = await Assert.ThrowsAsync<StoreException>(() => ReplaceAsync(page, "stale", second));
        Assert.Contains("lock was lost", failure.Message, StringComparison.Ordinal);
        Assert.Equal("old", await PasswordAsync("1"));
    }

    private async Task<TableLayout> CreateWideAsync()
    {
        var layout = await CreateAsync(6000);
        await Database.ExecuteAsync("UPDATE t SET options = NULL");
        return layout;
    }

    private async Task<(PagePosition? Next, bool LeftParts)> PageAsync(
        PostgresRotationStore store, TableLayout layout, PagePosition? from, List<string> read)
    {
        using var page = await store.ReadPageAsync(layout, from, Pages, Key, default);
        read.AddRange(Enumerable.Range(0, page.Count).Select(row => page.Key(row).ToString()));
        if (page.Count > 0)
            await ReplaceAsync(page, Done, store);
        return (page.Next, page.LeftParts);
    }
}
