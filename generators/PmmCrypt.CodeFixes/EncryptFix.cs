using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace PmmCrypt.CodeFixes;

/// <summary>PMMC0019: marks the property with <c>[Encrypted]</c>, and makes its class partial.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class EncryptFix() : SyntaxFix("PMMC0019", "Mark it with [Encrypted]")
{
    private const string Encrypted = "PmmCrypt.EncryptedAttribute";

    private protected override Action? Edit(DocumentEditor editor, SyntaxNode node) => node is not PropertyDeclarationSyntax property
        ? null
        : () =>
        {
            if (editor.AddAttribute(property, Encrypted))
                editor.MakePartial(property);
        };
}
