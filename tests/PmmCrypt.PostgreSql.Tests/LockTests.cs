using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

public sealed class LockTests : PostgresTest
{
    private const string Holders =
        "FROM pg_locks l JOIN pg_stat_activity s ON s.pid = l.pid "
        + "WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = 1347243333 AND l.granted "
        + "AND s.datname = current_database()";

    [SkippableFact]
    public async Task It_is_PMMs_lock_held_in_a_transaction_that_holds_no_snapshot()
    {
        await using var held = await Store.LockAsync(Moment, default);

        Assert.Equal("idle in transaction|",
            await Database.ScalarAsync<string>($"SELECT s.state || '|' || coalesce(s.backend_xmin::text, '') {Holders}"));
    }

    [SkippableFact]
    public async Task Whoever_waits_in_vain_is_told_who_holds_it()
    {
        await using var service = await Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await using var command = new Npgsql.NpgsqlCommand(
            "SET application_name = 'pmm-managed'; SELECT pg_advisory_xact_lock(1347243333)", service);
        await command.ExecuteNonQueryAsync();

        var failure = await Assert.ThrowsAsync<StoreLockedException>(() => Store.LockAsync(TimeSpan.FromMilliseconds(200), default));

        Assert.Contains("pmm-managed", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"process {service.ProcessID}", failure.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_lock_that_was_lost_stops_the_next_page()
    {
        var layout = await CreateAsync(2);
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await Database.ExecuteAsync($"SELECT pg_terminate_backend(s.pid, 5000) {Holders}");

        var failure = await Assert.ThrowsAsync<StoreException>(() => ReplaceAsync(page));

        Assert.Contains("lock was lost", failure.Message, StringComparison.Ordinal);
        Assert.Equal("old", await PasswordAsync("1"));
    }

    [SkippableFact]
    public async Task It_is_gone_with_its_store()
    {
        await using (var other = await OpenAsync())
            await other.LockAsync(Moment, default);

        await using var held = await Store.LockAsync(Moment, default);
    }
}
