using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>
/// Where the rows lie that a rule has work with, as a census met them on its way: a pass that follows reads those, and not the whole table
/// to find a few. A row that was written meanwhile lies elsewhere; the next census meets it again.
/// </summary>
/// <param name="rule">The rule.</param>
internal sealed class RowPlaces(RewriteRule rule)
{
    /// <summary>The most places that are kept, eight bytes each. Where more rows have work, to read every row costs little more.</summary>
    public const int Most = 100_000;

    private readonly Dictionary<TableLayout, List<ulong>> _places = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<TableLayout> _unknown = new(ReferenceEqualityComparer.Instance);
    private int _count;

    /// <summary>The rule.</summary>
    public RewriteRule Rule => rule;

    /// <summary>The places in a table, in the order of places; null where they are not known, and every row has to be read.</summary>
    public IReadOnlyList<ulong>? In(TableLayout table)
    {
        if (_unknown.Contains(table))
            return null;
        if (!_places.TryGetValue(table, out var places))
            return [];
        places.Sort();
        return places;
    }

    /// <summary>Adds rows of a page that have work.</summary>
    public void Add(RowPage page, IReadOnlyList<int> rows)
    {
        if (rows.Count == 0 || _unknown.Contains(page.Layout))
            return;
        if (_count + rows.Count > Most || page.Place(rows[0]) == 0)
        {
            _unknown.Add(page.Layout);
            if (_places.Remove(page.Layout, out var dropped))
                _count -= dropped.Count;
            return;
        }

        if (!_places.TryGetValue(page.Layout, out var places))
            _places.Add(page.Layout, places = []);
        places.AddRange(rows.Select(page.Place));
        _count += rows.Count;
    }
}
