using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace PmmCrypt.CodeFixes;

/// <summary>PMMC0006: gives an automatic property <c>set</c>, where it has none or <c>init</c>. Others have reasons of their own.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AddSetterFix() : SyntaxFix("PMMC0006", "Give it a setter")
{
    private protected override Action? Edit(DocumentEditor editor, SyntaxNode node)
    {
        if (node is not PropertyDeclarationSyntax { AccessorList.Accessors: var accessors })
            return null;
        if (accessors.Any(accessor => accessor.Body is not null || accessor.ExpressionBody is not null))
            return null;
        if (accessors is [{ RawKind: (int)SyntaxKind.GetAccessorDeclaration } getter])
            return () => editor.InsertAfter(getter, Setter().WithTrailingTrivia(SyntaxFactory.Space));
        return accessors.FirstOrDefault(accessor => accessor.IsKind(SyntaxKind.InitAccessorDeclaration)) is { } init
            ? () => editor.ReplaceNode(init, Setter().WithModifiers(init.Modifiers).WithTriviaFrom(init))
            : null;
    }

    private static AccessorDeclarationSyntax Setter() => SyntaxFactory.AccessorDeclaration(SyntaxKind.SetAccessorDeclaration)
        .WithSemicolonToken(SyntaxFactory.Token(SyntaxKind.SemicolonToken));
}
