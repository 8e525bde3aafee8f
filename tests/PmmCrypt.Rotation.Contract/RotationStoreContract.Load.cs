using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <content>How busy a database is, it says at any time but while a page is being replaced.</content>
public abstract partial class RotationStoreContract
{
    [SkippableFact]
    public async Task In_a_quiet_database_nobody_waits()
    {
        var load = await Store.LoadAsync(default);

        Assert.Equal(0, load.Waiting);
        Assert.True(load.Commit >= TimeSpan.Zero);
    }

    [SkippableFact]
    public async Task Load_is_told_in_a_snapshot_and_between_pages_with_the_lock_held()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        foreach (var id in new[] { "1", "2", "3" })
            await Database.InsertAsync(ContractTable.Simple, Id(id), "value", null);
        await using var held = await Store.LockAsync(Moment, default);

        var rows = 0;
        await foreach (var page in Store.ReadSnapshotAsync([layout], new PageSize(1, int.MaxValue), default))
        {
            using (page)
                rows += page.Count;
            Assert.Equal(0, (await Store.LoadAsync(default)).Waiting);
        }

        Assert.Equal(3, rows);
        using (var page = await Store.ReadPageAsync(layout, null, new PageSize(1, int.MaxValue), null, default))
            await Store.LoadAsync(default);
    }

    [SkippableFact]
    public async Task Load_is_not_told_after_a_stop() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.LoadAsync(new CancellationToken(canceled: true)));
}
