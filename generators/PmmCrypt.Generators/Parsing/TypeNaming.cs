using System.Globalization;
using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Emission;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>How a type is named and declared in a generated file, and how that file is named.</summary>
internal static class TypeNaming
{
    // No @ before keywords: it cannot stand in the name of a generated file.
    private static readonly SymbolDisplayFormat Plain =
        new(typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces);

    public static TypeDeclarationSpec Declaration(INamedTypeSymbol type)
    {
        var keyword = type switch
        {
            { TypeKind: TypeKind.Interface } => "interface",
            { TypeKind: TypeKind.Struct, IsRecord: true } => "record struct",
            { TypeKind: TypeKind.Struct } => "struct",
            { IsRecord: true } => "record",
            _ => "class",
        };
        return new TypeDeclarationSpec(keyword, Identifier.Escape(type.Name));
    }

    public static string? Namespace(INamedTypeSymbol type)
    {
        if (type.ContainingNamespace.IsGlobalNamespace)
            return null;
        var format = SymbolDisplayFormat.FullyQualifiedFormat.WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted);
        return type.ContainingNamespace.ToDisplayString(format);
    }

    /// <summary>
    /// The full name. The compiler compares names of generated files without regard to case: where another type or namespace would
    /// have the same, a number that comes from the name is added.
    /// </summary>
    public static string HintName(INamedTypeSymbol type)
    {
        var name = type.ToDisplayString(Plain);
        return HasTwin(type) ? $"{name}-{Fingerprint(name)}.g.cs" : $"{name}.g.cs";
    }

    private static bool HasTwin(INamedTypeSymbol type)
    {
        for (INamespaceOrTypeSymbol symbol = type; symbol is not INamespaceSymbol { IsGlobalNamespace: true };)
        {
            var container = (INamespaceOrTypeSymbol?)symbol.ContainingType ?? symbol.ContainingNamespace;
            var isTwin = container.GetMembers().OfType<INamespaceOrTypeSymbol>().Any(other =>
                other.Name != symbol.Name && string.Equals(other.Name, symbol.Name, StringComparison.OrdinalIgnoreCase));
            if (isTwin)
                return true;
            symbol = container;
        }

        return false;
    }

    // FNV-1a: string.GetHashCode differs from one run of the compiler to the next.
    private static string Fingerprint(string name)
    {
        var hash = 2166136261u;
        foreach (var character in name)
            hash = unchecked((hash ^ character) * 16777619u);
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}
