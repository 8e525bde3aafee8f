using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Reads a class with <c>[Table]</c>: symbols go in, data comes out.</summary>
internal static class EntityParser
{
    /// <summary>
    /// What is to be generated for it, by the project's convention; null where none of its properties leads to an encrypted value. Where
    /// there is no convention of that name, nothing is generated, and that is said.
    /// </summary>
    public static ParsedEntity? Parse(
        INamedTypeSymbol entity, AttributeData tableAttribute, string naming, Compilation compilation, CancellationToken cancellation)
    {
        var known = ColumnNaming.Find(naming);
        var parsed = Parse(entity, tableAttribute, known ?? ColumnNaming.AsIs, compilation, cancellation);
        return known is not null || parsed is null
            ? parsed
            : parsed with
            {
                Spec = null,
                Findings = new([Findings.Of(Rules.UnknownNaming, entity.Place(), entity.Shown(), naming)]),
            };
    }

    /// <summary>What is to be generated for it; null where none of its properties leads to an encrypted value.</summary>
    public static ParsedEntity? Parse(
        INamedTypeSymbol entity, AttributeData tableAttribute, ColumnNaming naming, Compilation compilation, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        var mapping = Mapping.ColumnsBy(naming);
        var parser = new MemberParser(compilation, entity, mapping, findings, cancellation);
        var columns = parser.ParseColumns();
        if (columns.Count == 0 && findings.Count == 0 && TypeRules.EncryptedParent(entity) is null)
            return null;

        findings.AddRange(TypeRules.OfEntity(entity, compilation));
        var keys = KeyParser.Parse(entity, mapping, findings);
        var (schema, table) = ParseTable(entity, tableAttribute, findings);
        var spec = findings.Count > 0
            ? null
            : new EntitySpec(
                TypeNaming.HintName(entity),
                TypeNaming.Namespace(entity),
                new(entity.Containers().Reverse().Select(TypeNaming.Declaration)),
                TypeNaming.Declaration(entity),
                entity.Qualified(),
                schema,
                table,
                keys,
                columns,
                parser.Discouraged.Ids,
                parser.Discouraged.IsObsolete);
        return new ParsedEntity(spec, new(findings), parser.Reached);
    }

    private static (string? Schema, string Table) ParseTable(INamedTypeSymbol entity, AttributeData attribute, List<Finding> findings)
    {
        var table = attribute.FirstString();
        if (Mapping.Columns.Objection(table) is { } objection)
            findings.Add(Findings.Of(Rules.InvalidName, entity.Place(), entity.Shown(), "table", objection));
        var schema = attribute.Named("Schema")?.Value as string;
        if (schema is not null && Mapping.Columns.Objection(schema) is { } wrong)
            findings.Add(Findings.Of(Rules.InvalidName, entity.Place(), entity.Shown(), "schema", wrong));
        return (schema, table ?? "");
    }
}
