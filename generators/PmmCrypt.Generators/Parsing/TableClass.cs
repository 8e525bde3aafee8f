using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>A class that says itself which table its rows are in, with encrypted values or without.</summary>
/// <param name="Type">The class.</param>
/// <param name="Schema">The table's schema, or null.</param>
/// <param name="Table">The table's name.</param>
/// <param name="Spec">What is generated for it; null where it has no encrypted values, or is refused.</param>
internal sealed record TableClass(INamedTypeSymbol Type, string? Schema, string Table, EntitySpec? Spec)
{
    public static TableClass Of(INamedTypeSymbol type, AttributeData table, EntitySpec? spec) =>
        new(type, table.Named("Schema")?.Value as string, table.FirstString() ?? "", spec);
}
