using PmmCrypt.Rotation.Stores;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Which places are remembered, and when a table is read whole instead.</summary>
public sealed class RowPlacesTests
{
    private static readonly RewriteRule Rule = new(Rotate: true, Format: null, EncryptClearAs: null);

    private readonly TableLayout _table = new(Vault.Model().Tables[0], Vault.Model().Tables[0].Columns, []);

    [Fact]
    public void Places_come_in_their_order_and_a_table_without_work_has_none()
    {
        var places = new RowPlaces(Rule);
        var other = _table with { };
        using (var later = Page(_table, 30, 40))
            places.Add(later, [1, 0]);
        using (var earlier = Page(_table, 10, 20))
            places.Add(earlier, [1]);
        using (var done = Page(other, 5))
            places.Add(done, []);

        Assert.Equal([20UL, 30, 40], places.In(_table));
        Assert.Equal([], places.In(other));
        Assert.Equal(new PlacesPosition(places.In(_table)!, 0), SweepScope.At(places).Beginning(_table));
        Assert.False(SweepScope.At(places).Has(other));
    }

    [Fact]
    public void A_store_that_knows_no_places_has_its_tables_read_whole()
    {
        var places = new RowPlaces(Rule);
        using (var page = Page(_table, 0, 0))
            places.Add(page, [1]);
        using (var page = Page(_table, 7))
            places.Add(page, [0]);

        Assert.Null(places.In(_table));
        Assert.True(SweepScope.At(places).Has(_table));
        Assert.Null(SweepScope.At(places).Beginning(_table));
        Assert.Same(SharedPosition.Beginning, SweepScope.At(places, shared: true).Beginning(_table));
    }

    [Fact]
    public void More_places_than_are_kept_are_none_and_make_room_for_those_of_other_tables()
    {
        var places = new RowPlaces(Rule);
        var other = _table with { };
        using var page = Page(_table, [.. Enumerable.Range(1, RowPlaces.Most / 4).Select(place => (ulong)place)]);
        var all = Enumerable.Range(0, page.Count).ToArray();
        for (var i = 0; i < 4; i++)
            places.Add(page, all);
        Assert.Equal(RowPlaces.Most, places.In(_table)!.Count);
        using var one = Page(_table, 1);
        places.Add(one, [0]);
        using var others = Page(other, [.. Enumerable.Range(1, RowPlaces.Most / 4).Select(place => (ulong)place)]);
        for (var i = 0; i < 4; i++)
            places.Add(others, all);

        Assert.Null(places.In(_table));
        Assert.Equal(RowPlaces.Most, places.In(other)!.Count);
    }

    private static RowPage Page(TableLayout layout, params ulong[] places)
    {
        var page = new RowPage(layout);
        foreach (var place in places)
        {
            page.Begin(new RowKey($"row at {place}"), 1, place);
            foreach (var _ in layout.Columns)
                page.AddNull();
        }

        return page;
    }
}
