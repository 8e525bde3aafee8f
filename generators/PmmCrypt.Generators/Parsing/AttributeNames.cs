using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PmmCrypt.Generators.Parsing;

/// <summary>The names by which a source may write <c>[Table]</c> and <c>[Encrypted]</c>: others need not be looked up.</summary>
internal static class AttributeNames
{
    private const string Suffix = "Attribute";

    /// <summary>The names without any alias.</summary>
    public static readonly ISet<string> Own = new HashSet<string>(new[] { KnownTypeNames.Table, KnownTypeNames.Encrypted }
        .SelectMany(type => Written(type.Substring(type.LastIndexOf('.') + 1))));

    /// <summary>The names in a project of these files: an alias may be global, and one may be of another.</summary>
    public static ISet<string> In(IReadOnlyCollection<SourceOutline> sources)
    {
        var aliases = sources.SelectMany(source => source.Aliases).ToArray();
        var names = new HashSet<string>(Own);
        int known;
        do
        {
            known = names.Count;
            foreach (var (alias, _) in aliases.Where(pair => names.Contains(pair.Type)))
                names.UnionWith(Written(alias));
        }
        while (names.Count > known);
        return names.Count == Own.Count ? Own : names;
    }

    /// <summary>The aliases that a file declares, and the last name of what each is for.</summary>
    public static IReadOnlyList<(string Alias, string Type)> AliasesIn(SyntaxNode root) =>
    [
        .. root.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax).OfType<UsingDirectiveSyntax>()
            .Where(directive => directive is { Alias: not null, Name: not null })
            .Select(directive => (directive.Alias!.Name.Identifier.ValueText, Last(directive.Name!))),
    ];

    /// <summary>The last part of a name: <c>Table</c> of <c>global::Data.Table</c>.</summary>
    public static string Last(NameSyntax name) => name switch
    {
        QualifiedNameSyntax qualified => qualified.Right.Identifier.ValueText,
        AliasQualifiedNameSyntax qualified => qualified.Name.Identifier.ValueText,
        SimpleNameSyntax simple => simple.Identifier.ValueText,
        _ => "",
    };

    private static IEnumerable<string> Written(string name) =>
        name.EndsWith(Suffix, StringComparison.Ordinal) ? [name, name.Substring(0, name.Length - Suffix.Length)] : [name];
}
