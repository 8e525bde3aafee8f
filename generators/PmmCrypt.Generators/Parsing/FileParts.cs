using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace PmmCrypt.Generators.Parsing;

/// <summary>Takes a source file apart, into what entities can depend on and what they cannot.</summary>
/// <remarks>
/// An entity depends on types, their properties and their attributes, wherever they stand: types are found by name, and a new one may take
/// the place of another. It does not depend on bodies, nor on what properties begin with. On methods, fields and the like it depends only
/// where an attribute or a constant names them, or a record's parameter has their name. Whatever is not taken out here counts, be it a
/// comment.
/// </remarks>
internal sealed class FileParts
{
    private readonly List<TextSpan> _unseen = [];
    private readonly List<(string Name, TextSpan Span)> _byName = [];
    private readonly HashSet<string> _named = [];

    private FileParts()
    {
    }

    /// <summary>The parts that no entity can depend on but by name, in the order of the file; none overlaps another.</summary>
    public IReadOnlyList<TextSpan> Unseen => _unseen;

    /// <summary>The members among them, each with its name.</summary>
    public IReadOnlyList<(string Name, TextSpan Span)> ByName => _byName;

    /// <summary>The names that stand in attributes and in constants, and those of a record's parameters.</summary>
    public IReadOnlyCollection<string> Named => _named;

    /// <summary>Whether it has top-level statements, which make a class.</summary>
    public bool HasStatements { get; private set; }

    public static FileParts Of(SyntaxNode root)
    {
        var parts = new FileParts();
        if (root is CompilationUnitSyntax unit)
            parts.AddMembers(unit.Members);
        return parts;
    }

    private void AddMembers(SyntaxList<MemberDeclarationSyntax> members)
    {
        foreach (var member in members)
            AddMember(member);
    }

    private void AddMember(MemberDeclarationSyntax member)
    {
        switch (member)
        {
            case BaseNamespaceDeclarationSyntax space:
                AddMembers(space.Members);
                break;
            case TypeDeclarationSyntax type:
                AddNames(type.AttributeLists);
                foreach (var parameter in type.ParameterList?.Parameters ?? default)
                {
                    AddNames(parameter.AttributeLists);
                    _named.Add(parameter.Identifier.ValueText);     // of a record it makes a property, unless a field has its name
                }

                AddMembers(type.Members);
                break;
            case EnumDeclarationSyntax values:
                AddNames(values.Members);
                break;
            case BasePropertyDeclarationSyntax property and not EventDeclarationSyntax:
                AddProperty(property);
                break;
            case BaseFieldDeclarationSyntax field:
                if (field.Modifiers.Any(SyntaxKind.ConstKeyword))
                    AddNames(field.Declaration.Variables);
                TakeOut(field, [.. field.Declaration.Variables.Select(variable => variable.Identifier.ValueText)]);
                break;
            case MethodDeclarationSyntax method:
                TakeOut(method, method.Identifier.ValueText);
                break;
            case EventDeclarationSyntax added:
                TakeOut(added, added.Identifier.ValueText);
                break;
            case BaseMethodDeclarationSyntax:
                TakeOut(member);        // constructors and operators have no name that could be written
                break;
            case GlobalStatementSyntax:
                HasStatements = true;
                TakeOut(member);
                break;
        }
    }

    private void AddProperty(BasePropertyDeclarationSyntax property)
    {
        AddNames(property.AttributeLists);
        foreach (var accessor in property.AccessorList?.Accessors ?? default)
        {
            if (accessor.Body is { OpenBraceToken.IsMissing: false, CloseBraceToken.IsMissing: false } body && !ReachesOut(body))
                _unseen.Add(TextSpan.FromBounds(body.OpenBraceToken.Span.End, body.CloseBraceToken.SpanStart));
            TakeOut(accessor.ExpressionBody?.Expression);
        }

        TakeOut((property as IndexerDeclarationSyntax)?.ExpressionBody?.Expression);
        TakeOut((property as PropertyDeclarationSyntax)?.ExpressionBody?.Expression);
        TakeOut((property as PropertyDeclarationSyntax)?.Initializer?.Value);
    }

    private void TakeOut(ExpressionSyntax? value)
    {
        if (value is not null && !ReachesOut(value))
            _unseen.Add(value.Span);
    }

    private void TakeOut(MemberDeclarationSyntax member, params string[] names)
    {
        // Where a brace is missing, the compiler has guessed where the member ends.
        var last = member.GetLastToken(includeZeroWidth: true);
        if (ReachesOut(member) || (last.IsMissing && last.IsKind(SyntaxKind.CloseBraceToken)))
            return;
        // With the lines around it: a file with one member more is no other file.
        _unseen.Add(member.FullSpan);
        foreach (var name in names)
            _byName.Add((name, member.Span));
    }

    private void AddNames(IEnumerable<SyntaxNode> nodes) => _named.UnionWith(nodes.SelectMany(node => node.DescendantNodes())
        .OfType<SimpleNameSyntax>().Select(name => name.Identifier.ValueText));

    // What #nullable says, and #if, goes on where the part ends.
    private static bool ReachesOut(SyntaxNode part) => part.ContainsDirectives && part.DescendantTrivia().Any(trivia => trivia.IsDirective
        && !(trivia.IsKind(SyntaxKind.RegionDirectiveTrivia) || trivia.IsKind(SyntaxKind.EndRegionDirectiveTrivia)
            || trivia.IsKind(SyntaxKind.PragmaWarningDirectiveTrivia)));
}
