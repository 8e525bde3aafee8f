using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Parsing;

/// <summary>The properties of a class as its objects show them.</summary>
internal static class PropertyList
{
    /// <summary>
    /// Base classes first, each in the order of its declaration. Of properties that hide or override one another, only the last:
    /// it is the one that generated code would name.
    /// </summary>
    public static IReadOnlyList<IPropertySymbol> Of(INamedTypeSymbol type)
    {
        var seen = new HashSet<string>();
        var levels = new Stack<IPropertySymbol[]>();
        foreach (var level in type.WithBases())
            levels.Push([.. level.GetMembers().OfType<IPropertySymbol>().Where(property => seen.Add(property.MetadataName))]);
        return [.. levels.SelectMany(properties => properties)];
    }
}
