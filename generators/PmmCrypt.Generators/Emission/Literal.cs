using System.Text;
using Microsoft.CodeAnalysis.CSharp;

namespace PmmCrypt.Generators.Emission;

/// <summary>Text of the source, written so that it is the same text again.</summary>
internal static class Literal
{
    public static string Of(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    /// <summary>The text within a documentation comment: on one line, and no XML of its own.</summary>
    public static string InDocs(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            result.Append(character switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                < ' ' or '\u0085' or '\u2028' or '\u2029' or '\ufffe' or '\uffff' => " ",      // ends a line, or is not allowed in XML
                _ => character.ToString(),
            });
        }

        return result.ToString();
    }
}
