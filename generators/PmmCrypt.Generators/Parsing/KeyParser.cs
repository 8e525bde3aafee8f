using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Reads by which columns an entity's rows are told apart.</summary>
internal static class KeyParser
{
    public static EquatableArray<KeySpec> Parse(INamedTypeSymbol entity, Mapping columns, ICollection<Finding> findings)
    {
        // An encrypted key is refused where the encrypted properties are read.
        var keys = PropertyList.Of(entity).Where(property => !property.IsStatic && property.Has(KnownTypeNames.Key)).ToArray();
        var isSingleRow = entity.Has(KnownTypeNames.SingleRow);
        if (keys.Length == 0 && !isSingleRow)
            findings.Add(Findings.Of(Rules.NoKey, entity.Place(), entity.Shown(), "has no key"));
        if (keys.Length > 0 && isSingleRow)
            findings.Add(Findings.Of(Rules.NoKey, entity.Place(), entity.Shown(), "has both a key and [SingleRow]"));
        return new(keys
            .Where(property => !property.Has(KnownTypeNames.Encrypted))
            .OrderBy(Order)
            .Select(property => Parse(property, entity, columns, findings)));
    }

    private static KeySpec Parse(
        IPropertySymbol property, INamedTypeSymbol entity, Mapping columns, ICollection<Finding> findings)
    {
        var column = columns.NameOf(property);
        if (columns.Objection(column) is { } objection)
            findings.Add(Findings.Of(Rules.InvalidName, property.Place(entity), property.Shown(), columns.Noun, objection));
        var type = TypeOf(property.Type);
        if (type is null)
            findings.Add(Findings.Of(Rules.UnsupportedKeyType, property.Place(entity), property.Shown(), property.Type.Shown()));
        return new KeySpec(column ?? "", type ?? "");
    }

    private static int Order(IPropertySymbol property) =>
        property.Find(KnownTypeNames.Column)?.Named("Order")?.Value is int order ? order : int.MaxValue;

    private static string? TypeOf(ITypeSymbol type) => type.SpecialType switch
    {
        SpecialType.System_String => "Text",
        SpecialType.System_Boolean => "Boolean",
        SpecialType.System_SByte or SpecialType.System_Byte or SpecialType.System_Int16 or SpecialType.System_UInt16
            or SpecialType.System_Int32 or SpecialType.System_UInt32 or SpecialType.System_Int64 => "Integer",
        _ when (type as INamedTypeSymbol).IsNamed("System.Guid") => "Guid",
        _ => null,
    };
}
