using System.Text;
using Microsoft.CodeAnalysis.Diagnostics;

namespace PmmCrypt.Generators.Parsing;

/// <summary>The columns of properties that have no [Column]: a project says it once, for all of its entities.</summary>
internal abstract class ColumnNaming
{
    /// <summary>The MSBuild property that says it. The package's props hand it on to the compiler.</summary>
    public const string Property = "PmmCryptColumnNaming";

    /// <summary>A column is named as its property.</summary>
    public static readonly ColumnNaming AsIs = new AsIsNaming();

    /// <summary>The property ApiToken is stored in the column api_token.</summary>
    public static readonly ColumnNaming SnakeCase = new SnakeCaseNaming();

    /// <summary>What the property is set to; empty where it is not.</summary>
    public static string Read(AnalyzerConfigOptionsProvider options) =>
        options.GlobalOptions.TryGetValue($"build_property.{Property}", out var value) ? value.Trim() : "";

    /// <summary>The project's convention, as an analyzer sees it. That a project names none that there is, the generator reports.</summary>
    public static ColumnNaming Of(AnalyzerOptions options) => Find(Read(options.AnalyzerConfigOptionsProvider)) ?? AsIs;

    /// <summary>The convention of this name; null where there is none.</summary>
    public static ColumnNaming? Find(string name) => name switch
    {
        "" or "as-is" => AsIs,
        "snake_case" => SnakeCase,
        _ => null,
    };

    /// <summary>The column of a property.</summary>
    public abstract string ColumnOf(string property);

    private sealed class AsIsNaming : ColumnNaming
    {
        public override string ColumnOf(string property) => property;
    }

    private sealed class SnakeCaseNaming : ColumnNaming
    {
        public override string ColumnOf(string property)
        {
            var column = new StringBuilder(property.Length + 4);
            for (var i = 0; i < property.Length; i++)
            {
                if (BeginsWord(property, i))
                    column.Append('_');
                column.Append(char.ToLowerInvariant(property[i]));
            }

            return column.ToString();
        }

        // ApiToken is two words, and so is TLSKey; Ipv4 and S3Key begin with one that ends in a digit.
        private static bool BeginsWord(string name, int place) =>
            place > 0 && char.IsUpper(name[place]) && name[place - 1] != '_'
            && (!char.IsUpper(name[place - 1]) || (place + 1 < name.Length && char.IsLower(name[place + 1])));
    }
}
