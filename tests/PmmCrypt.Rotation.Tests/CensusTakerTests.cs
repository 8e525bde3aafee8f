using PmmCrypt.Fields;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A count over pages, without a database.</summary>
public sealed class CensusTakerTests
{
    [Fact]
    public async Task Rows_are_counted_over_all_pages_and_told_while_they_are()
    {
        var story = new StoryTeller();

        var census = await TakeAsync(story, default, Page(MadeUp.Accounts, "a", "b"), Page(MadeUp.Hosts, "c"));

        Assert.Equal((3, 5), (census.Rows, census.Clear));
        Assert.Equal(2, story.Progressed.Count);
        Assert.Equal((3, 9), story.Progressed[^1]);
    }

    [Fact]
    public async Task Problems_are_in_order_whatever_order_the_rows_came_in()
    {
        var page = new RowPage(MadeUp.Accounts);
        foreach (var row in new[] { "b", "a" })
        {
            page.Begin(new RowKey(row));
            page.Add("pmm1$cut short"u8);
            page.AddNull();
        }

        var census = await TakeAsync(new StoryTeller(), default, page);

        Assert.Equal(["a", "b"], census.Problems.Select(problem => problem.Row.ToString()));
    }

    [Fact]
    public async Task The_places_of_rows_with_work_are_kept_once_each_and_of_no_others()
    {
        using var stranger = MadeUp.Keyset(20, MadeUp.Key(20));
        using var keyset = MadeUp.Keyset(10, MadeUp.Key(20), MadeUp.Key(10));
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var (stale, done) = (Vault.Seal(stranger, "secret"), Vault.Seal(keyset, "secret"));
        var page = new RowPage(MadeUp.Accounts);
        AddRow("both", 7, stale, stale);
        AddRow("none", 8, done, done);
        AddRow("one", 9, done, stale);
        var places = new RowPlaces(new RewriteRule(Rotate: true, Format: null, EncryptClearAs: null));

        await CensusTaker.TakeAsync(
            new[] { page }.ToAsyncEnumerable(), [MadeUp.Accounts], cipher, new StoryTeller(), null, default, places);

        Assert.Equal([7UL, 9UL], places.In(MadeUp.Accounts));

        void AddRow(string key, ulong place, params string[] values)
        {
            page.Begin(new RowKey(key), 1, place);
            foreach (var value in values)
                page.Add(System.Text.Encoding.UTF8.GetBytes(value));
        }
    }

    [Fact]
    public async Task It_stops_when_it_is_told_to_whatever_the_store_does() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => TakeAsync(new StoryTeller(), new CancellationToken(canceled: true), Page(MadeUp.Accounts, "a")));

    private static async Task<Census> TakeAsync(StoryTeller story, CancellationToken stop, params RowPage[] pages)
    {
        using var keyset = MadeUp.Keyset(10, MadeUp.Key(10));
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        return await CensusTaker.TakeAsync(
            pages.ToAsyncEnumerable(), [MadeUp.Accounts, MadeUp.Hosts], cipher, story, totalRows: 9, stop);
    }

    /// <summary>Rows in whose every column stands a value in the clear.</summary>
    private static RowPage Page(TableLayout layout, params string[] rows)
    {
        var page = new RowPage(layout);
        foreach (var row in rows)
        {
            page.Begin(new RowKey(row));
            foreach (var _ in layout.Columns)
                page.Add("in the clear"u8);
        }

        return page;
    }
}
