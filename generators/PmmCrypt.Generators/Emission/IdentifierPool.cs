namespace PmmCrypt.Generators.Emission;

/// <summary>Gives out names of members of one class, each once.</summary>
internal sealed class IdentifierPool(params string[] taken)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);

    /// <summary>The name that was asked for or, where it is taken, the first free one with a number.</summary>
    public string Take(string name)
    {
        var free = name;
        for (var number = 2; !_taken.Add(free); number++)
            free = name + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Identifier.Escape(free);
    }
}
