using Microsoft.CodeAnalysis.CSharp;

namespace PmmCrypt.Generators.Emission;

/// <summary>Names of the source, written so that they are names again.</summary>
internal static class Identifier
{
    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None
            ? "@" + name
            : name;
}
