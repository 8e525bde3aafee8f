using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace PmmCrypt.CodeFixes;

/// <summary>PMMC0001: writes <c>partial</c> before the type and those around it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class MakePartialFix() : SyntaxFix("PMMC0001", "Make it partial")
{
    private protected override Action? Edit(DocumentEditor editor, SyntaxNode node) =>
        node is TypeDeclarationSyntax ? () => editor.MakePartial(node) : null;
}
