using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Whether objects of a type hold encrypted properties, at any depth.</summary>
internal static class Reach
{
    private const string Runtime = "PmmCrypt";

    // A generic class can name ever larger constructions of itself, N<N<T>> and so on. No JSON document is so deep.
    private const int MaxDepth = 64;

    private static readonly Memo<INamedTypeSymbol?> Found = new(type => Find(type, new(SymbolEqualityComparer.Default), 0));
    private static readonly Memo<INamedTypeSymbol?> Carried = new(type => FindCarried(type, 0));

    /// <summary>The first type with encrypted properties that objects of <paramref name="type"/> hold, or null.</summary>
    public static INamedTypeSymbol? Find(INamedTypeSymbol type) => Found.Of(type);

    /// <summary>
    /// The same for what a property of <paramref name="type"/> leads to in ways that may not be walked: elements of any collection,
    /// arguments of any generic type.
    /// </summary>
    public static INamedTypeSymbol? FindCarried(ITypeSymbol type) =>
        type is INamedTypeSymbol named ? Carried.Of(named) : FindCarried(type, 0);

    private static INamedTypeSymbol? FindCarried(ITypeSymbol type, int depth) => type switch
    {
        _ when depth > MaxDepth => null,
        IArrayTypeSymbol array => FindAnywhere(array.ElementType, depth + 1),
        INamedTypeSymbol named => named.TypeArguments
            .Concat(named.AllInterfaces.SelectMany(implemented => implemented.TypeArguments))
            .Where(argument => !SymbolEqualityComparer.Default.Equals(argument, type))      // IEquatable<itself> of a record
            .Select(argument => FindAnywhere(argument, depth + 1))
            .FirstOrDefault(found => found is not null),
        _ => null,
    };

    private static INamedTypeSymbol? FindAnywhere(ITypeSymbol type, int depth) =>
        type is INamedTypeSymbol named && !Mapping.Columns.IsElsewhere(named) && Find(named) is { } found ? found
        : type is INamedTypeSymbol { TypeArguments.IsEmpty: true } ? null
        : FindCarried(type, depth);

    private static INamedTypeSymbol? Find(INamedTypeSymbol type, HashSet<ISymbol> visited, int depth)
    {
        // Only an assembly that refers to the runtime can have the attribute: the framework's own object graphs are not searched.
        if (depth > MaxDepth || !visited.Add(type) || !MayHaveAttribute(type.OriginalDefinition.ContainingAssembly))
            return null;
        var properties = PropertyList.Of(type).Where(property => property is { IsStatic: false, IsIndexer: false }).ToArray();
        return properties.FirstOrDefault(property => property.Has(KnownTypeNames.Encrypted))?.ContainingType
            ?? properties.Select(property => Collections.HeldBy(property.Type)).OfType<INamedTypeSymbol>().Concat(DerivedInJson(type))
                .Select(next => Find(next, visited, depth + 1))
                .FirstOrDefault(found => found is not null);
    }

    /// <summary>The classes that a JSON document may hold in the place of this one.</summary>
    private static IEnumerable<INamedTypeSymbol> DerivedInJson(INamedTypeSymbol type) => type.GetAttributes()
        .Where(data => data.AttributeClass.IsNamed(KnownTypeNames.JsonDerivedType))
        .Select(data => data.ConstructorArguments.FirstOrDefault().Value).OfType<INamedTypeSymbol>();

    private static bool MayHaveAttribute(IAssemblySymbol? assembly) =>
        assembly is not null
        && (assembly is ISourceAssemblySymbol
            || assembly.Modules.Any(module => module.ReferencedAssemblies.Any(known => known.Name == Runtime)));
}
