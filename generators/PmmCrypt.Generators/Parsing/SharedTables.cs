using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Baseline;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>
/// Compares the classes of a project whose rows are in one table. Each may know other columns; but what is encrypted for one of them must
/// not be in the clear for another, which would save it so.
/// </summary>
internal static class SharedTables
{
    private const string InTheClear = "it is not [Encrypted], so saving it would store that in the clear";
    private const string DocumentOrNot = "one of them is a JSON document, and the other is not";

    public static IEnumerable<Finding> Compare(IReadOnlyList<TableClass> classes, string naming)
    {
        var columns = Mapping.ColumnsBy(ColumnNaming.Find(naming) ?? ColumnNaming.AsIs);
        return classes.GroupBy(entity => (entity.Schema, entity.Table)).Select(table => table.ToArray())
            .Where(table => table.Length > 1)
            .SelectMany(table => table.SelectMany((entity, i) => table.Where((_, k) => k != i).SelectMany(
                other => Compare(entity, other, isFirst: i < Array.IndexOf(table, other), columns))));
    }

    private static IEnumerable<Finding> Compare(TableClass entity, TableClass other, bool isFirst, Mapping columns)
    {
        if (entity.Spec is null)
            yield break;
        var found = new HashSet<IPropertySymbol>(SymbolEqualityComparer.Default);
        foreach (var (field, _, value) in EncryptedFieldList.ValuesOf(entity.Spec))
        {
            if (Stored(other.Type, columns, field.Column) is not { } property
                || Disagreement(property, [.. field.Path], value) is not { } difference)
            {
                continue;
            }

            // Where both encrypt, it is said once; and of a property that holds a whole document, too.
            if ((isFirst || difference.Reason == InTheClear) && found.Add(difference.Property))
            {
                yield return Findings.Of(
                    Rules.SharedColumn, difference.Property.Place(other.Type), difference.Property.Shown(), entity.Type.Shown(),
                    FieldText.Of(field), difference.Reason);
            }
        }
    }

    /// <summary>What of a property, or of what it leads to, is not as it is where the value at the end of this path is encrypted.</summary>
    private static (IPropertySymbol Property, string Reason)? Disagreement(IPropertySymbol property, string[] path, ValueSpec value)
    {
        var isByName = path is [BaselineField.EachMember] && Collections.ValueOf(property.Type) is not null;
        if (property.Has(KnownTypeNames.Encrypted))
        {
            var isWhole = path.Length == 0 ? !Collections.HoldsStrings(property.Type) : isByName;
            return isWhole ? Difference(property, value) : (property, DocumentOrNot);
        }

        if (path.Length == 0 && Collections.HeldBy(property.Type) is INamedTypeSymbol held && Reach.Find(held) is not null)
            return (property, DocumentOrNot);
        if (path.Length == 0 || isByName)
            return (property, InTheClear);
        ITypeSymbol? type = property.Type;
        if (path[0] is BaselineField.EachElement or BaselineField.EachMember && !IsOpaque(type))
        {
            type = path[0] == BaselineField.EachElement ? Collections.ElementOf(type) : Collections.ValueOf(type);
            path = [.. path.Skip(1)];
        }

        return type is null ? null
            : IsOpaque(type) ? (property, InTheClear)
            : type is INamedTypeSymbol named && Stored(named, Mapping.JsonMembers, path[0]) is { } member
                ? Disagreement(member, [.. path.Skip(1)], value)
                : null;
    }

    private static (IPropertySymbol Property, string Reason)? Difference(IPropertySymbol property, ValueSpec value)
    {
        var findings = new List<Finding>();
        var own = PropertyParser.Parse(property, findings);
        return findings.Count > 0 ? null
            : own.Formats != value.Formats ? (property, "it is encrypted in other formats")
            : own.Type != value.Type ? (property, $"it is of the type '{own.Type}' there")
            : null;
    }

    private static IPropertySymbol? Stored(INamedTypeSymbol type, Mapping mapping, string name) =>
        PropertyList.Of(type).FirstOrDefault(property =>
            property is { IsStatic: false, IsIndexer: false }
            && mapping.LeftOutBy(property) is null
            && PropertyParser.Setter(property) is not null
            && mapping.NameOf(property) == name);

    /// <summary>Whether it holds whatever is stored: a text, a document, or a collection of such.</summary>
    private static bool IsOpaque(ITypeSymbol type)
    {
        if ((Collections.ElementOf(type) ?? Collections.ValueOf(type)) is { } held)
            return IsOpaque(held);
        var space = type.ContainingNamespace;
        while (space is { ContainingNamespace.IsGlobalNamespace: false })
            space = space.ContainingNamespace;
        return space?.Name == nameof(System);
    }
}
