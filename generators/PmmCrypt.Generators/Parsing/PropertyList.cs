using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Parsing;

/// <summary>The properties of a class as its objects show them.</summary>
internal static class PropertyList
{
    private static readonly Memo<IReadOnlyList<IPropertySymbol>> Known = new(Read);

    /// <summary>
    /// Base classes first, each in the order of its declaration. Of properties that hide or override one another, only the last:
    /// it is the one that generated code would name.
    /// </summary>
    public static IReadOnlyList<IPropertySymbol> Of(INamedTypeSymbol type) => Known.Of(type);

    private static IReadOnlyList<IPropertySymbol> Read(INamedTypeSymbol type)
    {
        var seen = new HashSet<string>();
        var levels = new Stack<IPropertySymbol[]>();
        foreach (var level in type.WithBases())
            levels.Push([.. level.GetMembers().OfType<IPropertySymbol>().Where(property => seen.Add(property.MetadataName))]);
        return [.. levels.SelectMany(properties => properties)];
    }

    /// <summary>The properties of base classes that a property of the same name hides, each with the one that hides it.</summary>
    public static IEnumerable<(IPropertySymbol Hidden, IPropertySymbol By)> Hidden(INamedTypeSymbol type)
    {
        var shown = Of(type).ToDictionary(property => property.MetadataName);
        foreach (var property in type.WithBases().SelectMany(current => current.GetMembers().OfType<IPropertySymbol>()))
        {
            var last = shown[property.MetadataName];
            if (!Overridden(last).Contains(property, SymbolEqualityComparer.Default))
                yield return (property, last);
        }
    }

    private static IEnumerable<ISymbol> Overridden(IPropertySymbol property)
    {
        for (var current = property; current is not null; current = current.OverriddenProperty)
            yield return current;
    }
}
