using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Reads the entities of a project, and again only where its outline has changed.</summary>
internal static class ProjectParser
{
    // By the very object, which the pipeline keeps from one run to the next for as long as the outline stays equal.
    private static readonly ConditionalWeakTable<Outline, ParsedProject> Known = new();

    public static ParsedProject Parse((Outline Outline, Compilation Compilation) project, CancellationToken cancellation)
    {
        if (Known.TryGetValue(project.Outline, out var known))
            return known;
        var parsed = Parse(project.Compilation, project.Outline.Naming, cancellation);
        // The places of findings move with the bodies before them, which the outline does not see.
        return parsed.Findings.Count > 0 ? parsed : Known.GetValue(project.Outline, _ => parsed);
    }

    private static ParsedProject Parse(Compilation compilation, string naming, CancellationToken cancellation)
    {
        var sources = compilation.SyntaxTrees.Select(tree => (Tree: tree, Outline: SourceOutline.Of(tree, cancellation))).ToArray();
        var names = AttributeNames.In([.. sources.Select(source => source.Outline)]);
        var seen = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        var entities = new List<ParsedEntity>();
        var properties = new List<ParsedProperty>();
        var tables = new List<TableClass>();
        foreach (var (tree, outline) in sources)
        {
            var marked = names == AttributeNames.Own ? outline.Marked : MarkedDeclarations.Of(tree.GetRoot(cancellation), names);
            var model = marked.Count == 0 ? null : compilation.GetSemanticModel(tree);
            foreach (var symbol in marked.Select(node => Declared(model!, node, cancellation)))
            {
                if (symbol is null || !seen.Add(symbol))
                    continue;
                if (symbol is IPropertySymbol property && property.Own(KnownTypeNames.Encrypted) is not null)
                    properties.Add(PropertyParser.Parse(property));
                if (symbol is not INamedTypeSymbol type || type.Own(KnownTypeNames.Table) is not { } table)
                    continue;
                var entity = EntityParser.Parse(type, table, naming, compilation, cancellation);
                tables.Add(TableClass.Of(type, table, entity?.Spec));
                if (entity is not null)
                    entities.Add(entity);
            }
        }

        return new ParsedProject(new(entities), Findings.Gather(entities, properties, SharedTables.Compare(tables, naming)));
    }

    private static ISymbol? Declared(SemanticModel model, SyntaxNode node, CancellationToken cancellation)
    {
        if (node is not ParameterSyntax syntax)
            return model.GetDeclaredSymbol(node, cancellation);
        var parameter = model.GetDeclaredSymbol(syntax, cancellation);
        return parameter?.ContainingType.GetMembers(parameter.Name).OfType<IPropertySymbol>().FirstOrDefault();
    }
}
