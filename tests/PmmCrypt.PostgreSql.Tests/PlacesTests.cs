using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>Rows that are read again at the places at which a snapshot met them.</summary>
public sealed class PlacesTests : PostgresTest
{
    private static readonly PageSize Small = new(3, 1 << 20);

    [SkippableFact]
    public async Task Rows_are_found_at_the_places_of_the_snapshot_and_can_be_replaced()
    {
        var layout = await CreateAsync(500);
        var places = await PlacesAsync(layout, id => id % 50 == 0);
        await using var held = await Store.LockAsync(Moment, default);

        var read = await SweepAsync(layout, places, Small);

        Assert.Equal(["50", "100", "150", "200", "250", "300", "350", "400", "450", "500"], read);
        Assert.Equal(10, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'new'"));
    }

    [SkippableFact]
    public async Task A_row_that_was_written_or_deleted_meanwhile_is_left_out_and_the_rest_is_found()
    {
        var layout = await CreateAsync(20);
        var places = await PlacesAsync(layout, id => id <= 8);
        await Database.ExecuteAsync("UPDATE t SET other = 'written' WHERE id IN ('1', '2', '3', '5'); DELETE FROM t WHERE id = '8'");
        await using var held = await Store.LockAsync(Moment, default);

        Assert.Equal(["4", "6", "7"], await SweepAsync(layout, places, Small));
    }

    [SkippableFact]
    public async Task A_page_ends_where_its_bytes_are_full_and_the_next_goes_on_there()
    {
        var layout = await CreateAsync(12);
        await Database.ExecuteAsync("UPDATE t SET password = repeat('x', 1000)");
        var places = await PlacesAsync(layout, id => id != 5);
        await using var held = await Store.LockAsync(Moment, default);

        var read = await SweepAsync(layout, places, new PageSize(100, 2500));

        Assert.Equal(["1", "2", "3", "4", "6", "7", "8", "9", "10", "11", "12"], read);
    }

    [SkippableFact]
    public async Task A_table_without_a_heap_of_its_own_has_no_places()
    {
        var layout = await CreatePartitionedAsync(10);

        Assert.All(await PlacesAsync(layout, _ => true), place => Assert.Equal(0UL, place));
    }

    private async Task<List<ulong>> PlacesAsync(TableLayout layout, Func<int, bool> which)
    {
        var places = new List<ulong>();
        await foreach (var page in Store.ReadSnapshotAsync([layout], PageSize.Default, default))
        {
            using (page)
            {
                for (var row = 0; row < page.Count; row++)
                {
                    if (which(int.Parse(page.Key(row).ToString(), System.Globalization.CultureInfo.InvariantCulture)))
                        places.Add(page.Place(row));
                }
            }
        }

        places.Sort();
        return places;
    }

    private async Task<List<string>> SweepAsync(TableLayout layout, List<ulong> places, PageSize size)
    {
        var keys = new List<string>();
        for (PagePosition? from = new PlacesPosition(places, 0); from is not null;)
        {
            using var page = await Store.ReadPageAsync(layout, from, size, null, default);
            Assert.True(page.Count > 0 || page.IsLast, "An empty page that is not the last.");
            Assert.InRange(page.Count, 0, size.Rows);
            keys.AddRange(Enumerable.Range(0, page.Count).Select(row => page.Key(row).ToString()));
            if (page.Count > 0)
                Assert.All(await ReplaceAsync(page), Assert.True);
            from = page.Next;
        }

        return keys;
    }
}
