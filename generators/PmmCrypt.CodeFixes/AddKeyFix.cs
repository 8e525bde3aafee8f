using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace PmmCrypt.CodeFixes;

/// <summary>PMMC0003: marks the property that is named as a key is, where there is exactly one: <c>Id</c> or <c>AgentId</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class AddKeyFix() : SyntaxFix("PMMC0003", "Mark the key with [Key]")
{
    private const string Key = "System.ComponentModel.DataAnnotations.KeyAttribute";

    private protected override Action? Edit(DocumentEditor editor, SyntaxNode node)
    {
        if (node is not TypeDeclarationSyntax type)
            return null;
        var candidates = type.Members.OfType<PropertyDeclarationSyntax>()
            .Where(property => IsKeyName(property.Identifier.ValueText, type.Identifier.ValueText) && IsStored(property))
            .ToArray();
        // Where there is a key already, what is wrong is that the class says [SingleRow] too.
        var hasKey = ((INamedTypeSymbol?)editor.SemanticModel.GetDeclaredSymbol(type))?.GetMembers()
            .Any(member => member.GetAttributes().Any(data => data.AttributeClass?.ToDisplayString() == Key)) != false;
        return candidates is [var only] && !hasKey ? () => editor.AddAttribute(only, Key) : null;
    }

    private static bool IsKeyName(string property, string type) =>
        string.Equals(property, "Id", StringComparison.OrdinalIgnoreCase)
        || string.Equals(property, type + "Id", StringComparison.OrdinalIgnoreCase);

    private static bool IsStored(PropertyDeclarationSyntax property) =>
        property.ExpressionBody is null
        && !property.Modifiers.Any(SyntaxKind.StaticKeyword)
        && !property.AttributeLists.SelectMany(list => list.Attributes)
            .Any(attribute => attribute.Name.ToString() is "Encrypted" or "NotMapped");
}
