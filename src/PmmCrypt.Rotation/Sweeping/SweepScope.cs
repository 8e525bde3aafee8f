using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>Which rows a pass reads.</summary>
internal sealed record SweepScope
{
    private RowPlaces? _places;
    private bool _isShared;

    /// <summary>A key under which the database may leave out what it can prove done; null to read every row.</summary>
    public uint? DoneUnder { get; private init; }

    /// <summary>Each row, but for those of parts that other runs have taken.</summary>
    public static SweepScope Shared(uint? doneUnder = null) => new() { _isShared = true, DoneUnder = doneUnder };

    /// <summary>Each row that the database cannot prove done.</summary>
    public static SweepScope NotDone(uint? doneUnder) => new() { DoneUnder = doneUnder };

    /// <summary>
    /// The rows at these places. Where a table's are not known, each that the database cannot prove done; of those, where it is shared, but
    /// for parts that other runs have taken.
    /// </summary>
    public static SweepScope At(RowPlaces places, uint? doneUnder = null, bool shared = false) =>
        new() { _places = places, DoneUnder = doneUnder, _isShared = shared };

    /// <summary>Whether anything of the table is in it.</summary>
    public bool Has(TableLayout table) => table.IsPresent && _places?.In(table) is not [];

    /// <summary>Where the pass begins in a table.</summary>
    public PagePosition? Beginning(TableLayout table) =>
        _places?.In(table) is { } places ? new PlacesPosition(places, 0)
        : _isShared ? SharedPosition.Beginning
        : null;
}
