using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Questions to symbols, in the words of this generator.</summary>
internal static class SymbolExtensions
{
    private static readonly SymbolDisplayFormat WithNulls = SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>The attribute of this type, also where an override has it from the property that it overrides.</summary>
    public static AttributeData? Find(this ISymbol symbol, string attribute)
    {
        for (ISymbol? declared = symbol; declared is not null; declared = (declared as IPropertySymbol)?.OverriddenProperty)
        {
            if (declared.Own(attribute) is { } data)
                return data;
        }

        return null;
    }

    /// <summary>The attribute of this type that is written at the symbol itself.</summary>
    public static AttributeData? Own(this ISymbol symbol, string attribute)
    {
        foreach (var data in symbol.GetAttributes())
        {
            if (data.AttributeClass.IsNamed(attribute))
                return data;
        }

        return null;
    }

    /// <summary>Whether this is the type of this full name, which is in no other type and has no parameters.</summary>
    /// <remarks>It is asked for every attribute of every property, so it writes no names only to compare them.</remarks>
    public static bool IsNamed(this INamedTypeSymbol? type, string fullName)
    {
        if (type is not { Arity: 0, ContainingType: null })
            return false;
        var end = fullName.Length;
        for (ISymbol? part = type; part is not (null or INamespaceSymbol { IsGlobalNamespace: true }); part = part.ContainingNamespace)
        {
            var start = end - part.Name.Length;
            if (start < 0 || string.CompareOrdinal(fullName, start, part.Name, 0, part.Name.Length) != 0)
                return false;
            if (start > 0 && fullName[start - 1] != '.')
                return false;
            end = start - 1;
        }

        return end < 0;
    }

    public static bool Has(this ISymbol symbol, string attribute) => symbol.Find(attribute) is not null;

    /// <summary>The first argument of the attribute's constructor, where it is a string.</summary>
    public static string? FirstString(this AttributeData data) =>
        data.ConstructorArguments is [{ Value: string text }, ..] ? text : null;

    public static TypedConstant? Named(this AttributeData data, string name)
    {
        foreach (var argument in data.NamedArguments)
        {
            if (argument.Key == name)
                return argument.Value;
        }

        return null;
    }

    /// <summary>The class itself and what it derives from, up to and without <see cref="object"/>.</summary>
    public static IEnumerable<INamedTypeSymbol> WithBases(this INamedTypeSymbol type)
    {
        for (var current = type; current is { SpecialType: not SpecialType.System_Object }; current = current.BaseType)
            yield return current;
    }

    public static IEnumerable<INamedTypeSymbol> Containers(this INamedTypeSymbol type)
    {
        for (var current = type.ContainingType; current is not null; current = current.ContainingType)
            yield return current;
    }

    /// <summary>Whether its source says so (the compiler wants all parts to agree); a compiled type has nothing more to say.</summary>
    public static bool IsPartial(this INamedTypeSymbol type) =>
        type.DeclaringSyntaxReferences.IsEmpty
        || type.DeclaringSyntaxReferences.Any(part => part.GetSyntax() is TypeDeclarationSyntax syntax
            && syntax.Modifiers.Any(modifier => modifier.ValueText == "partial"));

    /// <summary>How a message names it.</summary>
    public static string Shown(this ISymbol symbol) => symbol.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);

    /// <summary>By what a type is told from all others.</summary>
    public static string Identity(this INamedTypeSymbol type) => type.OriginalDefinition.Qualified();

    /// <summary>How generated code names it, whatever else is in scope there.</summary>
    public static string Qualified(this ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>The same for code that says what may be null: in arguments of the type, not the type itself.</summary>
    public static string QualifiedWithNulls(this ITypeSymbol type) =>
        type.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString(WithNulls);

    /// <summary>Where it is declared; for what is compiled already, where <paramref name="user"/> is, which led to it.</summary>
    public static LocationInfo Place(this ISymbol symbol, ISymbol? user = null)
    {
        var location = symbol.Locations.FirstOrDefault(place => place.IsInSource)
            ?? user?.Locations.FirstOrDefault(place => place.IsInSource);
        if (location is null)
            return new LocationInfo("", 0, 0, 0, 0, 0, 0);
        var lines = location.GetLineSpan();
        return new LocationInfo(
            lines.Path,
            location.SourceSpan.Start,
            location.SourceSpan.Length,
            lines.StartLinePosition.Line,
            lines.StartLinePosition.Character,
            lines.EndLinePosition.Line,
            lines.EndLinePosition.Character);
    }
}
