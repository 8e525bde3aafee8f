using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace PmmCrypt.CodeFixes;

/// <summary>The edits that several fixes make.</summary>
internal static class EditorExtensions
{
    /// <summary>Stands on names that want a using.</summary>
    public static readonly SyntaxAnnotation WantsUsing = new();

    /// <summary>Makes the type partial, and the types around it.</summary>
    public static void MakePartial(this DocumentEditor editor, SyntaxNode type)
    {
        foreach (var declaration in type.AncestorsAndSelf().OfType<TypeDeclarationSyntax>())
            editor.ReplaceNode(declaration, static (current, _) => Partial((TypeDeclarationSyntax)current));
    }

    /// <summary>Adds the attribute of this name, and a using where it takes one.</summary>
    /// <returns>False where the compilation does not know it.</returns>
    public static bool AddAttribute(this DocumentEditor editor, PropertyDeclarationSyntax property, string attribute)
    {
        if (editor.SemanticModel.Compilation.GetTypeByMetadataName(attribute) is not { } type)
            return false;
        editor.ReplaceNode(property, (current, generator) =>
            generator.InsertAttributes(current, 0, generator.Attribute(generator.Name(type))));
        return true;
    }

    /// <summary>The type's name, which gets a using where it takes one.</summary>
    public static SyntaxNode Name(this SyntaxGenerator generator, INamedTypeSymbol type) =>
        generator.TypeExpression(type).WithAdditionalAnnotations(WantsUsing, Simplifier.Annotation);

    private static TypeDeclarationSyntax Partial(TypeDeclarationSyntax type)
    {
        if (type.Modifiers.Any(SyntaxKind.PartialKeyword))
            return type;
        var partial = SyntaxFactory.Token(SyntaxKind.PartialKeyword).WithTrailingTrivia(SyntaxFactory.Space);
        if (type.Modifiers.Count > 0)
            return type.WithModifiers(type.Modifiers.Add(partial));     // it stands last
        var leading = type.Keyword.LeadingTrivia;
        return type.WithKeyword(type.Keyword.WithLeadingTrivia()).WithModifiers([partial.WithLeadingTrivia(leading)]);
    }
}
