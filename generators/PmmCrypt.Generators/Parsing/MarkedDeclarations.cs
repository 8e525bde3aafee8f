using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace PmmCrypt.Generators.Parsing;

/// <summary>The types, properties and parameters of a source file with an attribute of one of some names.</summary>
internal static class MarkedDeclarations
{
    public static IReadOnlyList<SyntaxNode> Of(SyntaxNode root, ISet<string> names)
    {
        var found = new List<SyntaxNode>();
        foreach (var type in root.DescendantNodes(MayHoldTypes).OfType<TypeDeclarationSyntax>())
        {
            if (IsMarked(type.AttributeLists, names))
                found.Add(type);
            // record R([property: Encrypted] string? P): the attribute belongs to a property, though it is written on a parameter.
            found.AddRange((type.ParameterList?.Parameters ?? default).Where(parameter => IsMarked(
                parameter.AttributeLists.Where(list => list.Target?.Identifier.IsKind(SyntaxKind.PropertyKeyword) == true), names)));
            found.AddRange(type.Members.Where(member =>
                member is BasePropertyDeclarationSyntax && IsMarked(member.AttributeLists, names)));
        }

        return found;
    }

    private static bool MayHoldTypes(SyntaxNode node) =>
        node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax or TypeDeclarationSyntax;

    private static bool IsMarked(IEnumerable<AttributeListSyntax> lists, ISet<string> names) =>
        lists.SelectMany(list => list.Attributes).Any(attribute => names.Contains(AttributeNames.Last(attribute.Name)));
}
