using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using PmmCrypt.Generators.Parsing;

namespace PmmCrypt.CodeFixes;

/// <summary>
/// PMMC0005: changes the type of an automatic property from <c>Guid</c> or <c>Guid?</c> to <c>Secret&lt;Guid&gt;</c>, and so for every
/// type that can be written as text.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp), Shared]
public sealed class SecretTypeFix() : SyntaxFix("PMMC0005", "Make it a Secret<T>")
{
    private protected override Action? Edit(DocumentEditor editor, SyntaxNode node)
    {
        if (node is not PropertyDeclarationSyntax { AccessorList.Accessors: var accessors } property
            || accessors.Any(accessor => accessor.Body is not null || accessor.ExpressionBody is not null)
            || !MeansTheSame(property.Initializer?.Value)
            || editor.SemanticModel.GetDeclaredSymbol(property) is not IPropertySymbol { IsStatic: false } symbol
            || editor.SemanticModel.Compilation.GetTypeByMetadataName(SecretTypes.Secret) is not { } secret)
        {
            return null;
        }

        var argument = SecretTypes.ArgumentOf(symbol.Type);
        var type = SecretTypes.WithoutNull(argument ?? symbol.Type);
        // A string is one already: something else is wrong with it. So it is with a Secret whose type is in order.
        var isSound = type.SpecialType == SpecialType.System_String && argument is null;
        return isSound || SecretTypes.TextOf(type) is null || (argument is not null && !SecretTypes.IsNullable(argument))
            ? null
            : () => editor.ReplaceNode(property.Type, (current, generator) =>
                generator.Name(secret.Construct(type)).WithTriviaFrom(current));
    }

    // What is written without a type would be something else of a Secret: nothing, or not even that.
    private static bool MeansTheSame(ExpressionSyntax? value) => value is null
        || !(value.IsKind(SyntaxKind.ImplicitObjectCreationExpression) || value.IsKind(SyntaxKind.CollectionExpression)
            || value.IsKind(SyntaxKind.DefaultLiteralExpression));
}
