namespace PmmCrypt.Rotation.Stores;

/// <summary>Where in a table a page begins. It means something to the store that made it, and for as long as that is open.</summary>
public abstract record PagePosition;

/// <summary>
/// The beginning of a table of which runs that sweep together each read parts. A store that cannot divide it begins at its beginning.
/// </summary>
public sealed record SharedPosition : PagePosition
{
    private SharedPosition()
    {
    }

    /// <summary>The beginning.</summary>
    public static SharedPosition Beginning { get; } = new();
}

/// <summary>Rows at places that pages before had them at (<see cref="RowPage.Place"/>). What lies there no longer is left out.</summary>
/// <param name="Places">The places, in their order.</param>
/// <param name="Next">Which of them is next.</param>
public sealed record PlacesPosition(IReadOnlyList<ulong> Places, int Next) : PagePosition
{
    /// <summary>How far it is, and no list.</summary>
    public override string ToString() => $"place {Next} of {Places.Count}";
}

/// <summary>Behind the row of a key, in the order of keys.</summary>
/// <param name="After">The key.</param>
public sealed record KeyPosition(RowKey After) : PagePosition;
