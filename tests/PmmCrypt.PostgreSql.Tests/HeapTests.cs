using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>Tables that are read as they lie on the disk.</summary>
public sealed class HeapTests : PostgresTest
{
    [SkippableFact]
    public async Task A_pass_does_not_meet_again_what_it_wrote_into_free_space()
    {
        // Half of the heap is free, so new versions of its rows go between those that are yet to be read.
        var layout = await CreateAsync(2000);
        await Database.ExecuteAsync("DELETE FROM t WHERE id::int % 2 = 0");
        await Database.ExecuteAsync("VACUUM t");
        var blocks = await BlocksAsync();
        await using var held = await Store.LockAsync(Moment, default);

        var read = await PassAsync(layout, new PageSize(50, 1 << 20));

        Assert.Equal(1000, read.Count);
        Assert.Equal(1000, read.Distinct().Count());
        Assert.Equal(1000, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'new'"));
        Assert.True(await BlocksAsync() < 2 * blocks, "Nothing was written into free space: this shows nothing.");
        // And the pass after it reads them all.
        Assert.Equal(1000, (await PassAsync(layout, new PageSize(50, 1 << 20))).Count);
    }

    [SkippableFact]
    public async Task A_long_stretch_without_a_row_is_not_the_end()
    {
        var layout = await CreateAsync(40_000);
        await Database.ExecuteAsync("DELETE FROM t WHERE id::int BETWEEN 2 AND 39999");
        await using var held = await Store.LockAsync(Moment, default);

        Assert.Equal(["1", "40000"], (await PassAsync(layout, new PageSize(10, 1 << 20))).Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task A_page_takes_no_more_than_its_rows_and_bytes_of_a_block_that_has_more()
    {
        var layout = await CreateAsync(500);

        for (PagePosition? from = null; ;)
        {
            using var page = await Store.ReadPageAsync(layout, from, new PageSize(7, 1 << 20), null, default);
            Assert.InRange(page.Count, 0, 7);
            if ((from = page.Next) is null)
                break;
        }
    }

    [SkippableTheory]
    [InlineData("VACUUM FULL t")]
    [InlineData("CLUSTER t USING turned")]
    public async Task A_table_that_is_rewritten_under_a_page_has_no_row_replaced_by_anothers(string rewrite)
    {
        var layout = await CreateAsync(50);
        await Database.ExecuteAsync("CREATE INDEX turned ON t ((-id::int)); DELETE FROM t WHERE id::int <= 10");
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        var changes = new RowChanges(layout);
        for (var row = 0; row < page.Count; row++)
            changes.Set(row, 0, System.Text.Encoding.UTF8.GetBytes($"of {page.Key(row)}"));
        await Database.ExecuteAsync(rewrite);       // each row keeps its transaction id, and has another's place

        var replaced = (await Store.ReplaceAsync(page, changes, default)).Count(done => done);

        Assert.Equal(
            replaced, (int)await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'of ' || id"));
        Assert.Equal(
            40 - replaced, (int)await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'old'"));
    }

    [SkippableFact]
    public async Task A_partitioned_table_is_read_whole()
    {
        var layout = await CreatePartitionedAsync(100);
        await using var held = await Store.LockAsync(Moment, default);

        var read = await PassAsync(layout, new PageSize(7, 1 << 20));

        Assert.Equal(100, read.Distinct().Count());
        Assert.Equal(100, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'new'"));
    }

    /// <summary>Reads page by page and replaces each before the next is read. The keys, as often as they were met.</summary>
    private async Task<List<string>> PassAsync(TableLayout layout, PageSize size)
    {
        var read = new List<string>();
        for (PagePosition? from = null; ;)
        {
            using var page = await Store.ReadPageAsync(layout, from, size, null, default);
            Assert.True(page.Count > 0 || page.IsLast, "Who asks for the first page alone would take the table for empty.");
            for (var row = 0; row < page.Count; row++)
                read.Add(page.Key(row).ToString());
            if (page.Count > 0)
                Assert.All(await ReplaceAsync(page), Assert.True);
            if ((from = page.Next) is null)
                return read;
            Assert.True(read.Count < 100_000, "The pages do not come to an end.");
        }
    }

    private Task<long> BlocksAsync() => Database.ScalarAsync<long>("SELECT pg_relation_size('t') / 8192");
}
