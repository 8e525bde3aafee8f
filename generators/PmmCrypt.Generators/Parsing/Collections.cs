using Microsoft.CodeAnalysis;

namespace PmmCrypt.Generators.Parsing;

/// <summary>
/// The collections that are walked: a JSON document has an array or an object in their place, and what they hold is the objects themselves,
/// so that what is set in one is set in the entity.
/// </summary>
internal static class Collections
{
    private static readonly HashSet<string> Lists = new(StringComparer.Ordinal)
    {
        KnownTypeNames.List, KnownTypeNames.ListInterface, KnownTypeNames.CollectionInterface,
        KnownTypeNames.ReadOnlyList, KnownTypeNames.ReadOnlyCollection,
    };

    /// <summary>The type of a list's or an array's elements; null for anything else.</summary>
    public static ITypeSymbol? ElementOf(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol { IsSZArray: true } array => array.ElementType,
        INamedTypeSymbol { TypeArguments: [var element] } named when Lists.Contains(DefinitionOf(named)) => element,
        _ => null,
    };

    /// <summary>The type of a dictionary's values, where its keys are strings; null for anything else.</summary>
    public static ITypeSymbol? ValueOf(ITypeSymbol type) =>
        type is INamedTypeSymbol { TypeArguments: [{ SpecialType: SpecialType.System_String }, var value] } named
        && DefinitionOf(named) is KnownTypeNames.Dictionary or KnownTypeNames.DictionaryInterface or KnownTypeNames.ReadOnlyDictionary
            ? value
            : null;

    /// <summary>Whether it is a dictionary of strings, each of which can be set to another.</summary>
    public static bool HoldsStrings(ITypeSymbol type) =>
        ValueOf(type) is { SpecialType: SpecialType.System_String }
        && DefinitionOf((INamedTypeSymbol)type) != KnownTypeNames.ReadOnlyDictionary;

    /// <summary>The type of the objects that a property of this type leads to: of its elements or values, or the type itself.</summary>
    public static ITypeSymbol HeldBy(ITypeSymbol type) => ElementOf(type) ?? ValueOf(type) ?? type;

    private static string DefinitionOf(INamedTypeSymbol type) => $"{type.ContainingNamespace.ToDisplayString()}.{type.MetadataName}";
}
