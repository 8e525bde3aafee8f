using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <content>One rotation at a time, nothing written without the lock, and nobody writes behind a fence.</content>
public abstract partial class RotationStoreContract
{
    [SkippableFact]
    public async Task A_second_store_is_kept_out_until_the_lock_is_released()
    {
        await using var second = await Database.OpenStoreAsync();
        await using (await Store.LockAsync(Moment, default))
            await Assert.ThrowsAsync<StoreLockedException>(() => second.LockAsync(Moment, default));

        await using var held = await second.LockAsync(Moment, default);
    }

    [SkippableFact]
    public async Task A_waiting_store_gets_the_lock_when_it_is_released()
    {
        await using var second = await Database.OpenStoreAsync();
        var held = await Store.LockAsync(Moment, default);
        var waiting = second.LockAsync(TimeSpan.FromSeconds(20), default);
        await Task.Delay(Moment);
        Assert.False(waiting.IsCompleted);

        await held.DisposeAsync();

        await (await waiting).DisposeAsync();
    }

    [SkippableFact]
    public async Task Waiting_for_the_lock_stops_when_it_is_told_to()
    {
        await using var second = await Database.OpenStoreAsync();
        await using var held = await Store.LockAsync(Moment, default);
        using var stop = new CancellationTokenSource(Moment);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.LockAsync(TimeSpan.FromMinutes(5), stop.Token));
    }

    [SkippableFact]
    public async Task Nothing_is_replaced_before_the_lock_is_taken()
    {
        var (_, page) = await OneRowAsync("old", null);
        await Assert.ThrowsAsync<StoreException>(() => ReplaceAsync(page, Password, "new"));
        Assert.Equal("old", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
    }

    [SkippableFact]
    public async Task Nothing_is_replaced_after_the_lock_is_released()
    {
        var (_, page) = await OneRowAsync("old", null);
        await (await Store.LockAsync(Moment, default)).DisposeAsync();

        await Assert.ThrowsAsync<StoreException>(() => ReplaceAsync(page, Password, "new"));

        Assert.Equal("old", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
    }

    [SkippableFact]
    public async Task A_fence_shuts_writers_out_and_reads_every_row()
    {
        var (first, second) = (ContractTable.Simple, ContractTable.Simple with { Name = "u" });
        var layouts = new[] { await CreateAsync(first), await CreateAsync(second), await DescribeAsync(first with { Name = "absent" }) };
        for (var i = 0; i < 5; i++)
        {
            await Database.InsertAsync(first, Id($"{i}"), "a");
            await Database.InsertAsync(second, Id($"{i}"), "a");
        }

        await using (var fence = await Store.FenceAsync(layouts, Moment, default))
        {
            Assert.False(await Database.TryUpdateAsync(first, Id("1"), "password", "b"));
            var rows = 0;
            await foreach (var page in fence.ReadAsync(new PageSize(2, int.MaxValue), default))
            {
                using (page)
                    rows += page.Count;
            }

            Assert.Equal(10, rows);
            Assert.False(await Database.TryUpdateAsync(second, Id("1"), "password", "b"));
            await fence.ReleaseAsync(default);
            Assert.True(await Database.TryUpdateAsync(first, Id("1"), "password", "b"));
        }
    }

    [SkippableFact]
    public async Task A_fence_that_is_only_disposed_lets_writers_in()
    {
        var (layout, _) = await OneRowAsync("a", null);
        await using (await Store.FenceAsync([layout], Moment, default))
            Assert.False(await Database.TryUpdateAsync(ContractTable.Simple, Id("1"), "password", "b"));

        Assert.True(await Database.TryUpdateAsync(ContractTable.Simple, Id("1"), "password", "b"));
    }

    [SkippableFact]
    public async Task A_writer_that_does_not_end_is_no_fence()
    {
        var (layout, _) = await OneRowAsync("a", null);
        await using var writer = await Database.ConnectAsync();
        await using var transaction = await writer.BeginTransactionAsync();
        await using var command = writer.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "UPDATE t SET other = 'b'";
        await command.ExecuteNonQueryAsync();

        await Assert.ThrowsAsync<StoreBusyException>(() => Store.FenceAsync([layout], Moment, default));

        await transaction.CommitAsync();
        await using var fence = await Store.FenceAsync([layout], Moment, default);
        await fence.ReleaseAsync(default);
    }
}
