using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Baseline;

/// <summary>Reads the lists of encrypted fields among a project's additional files.</summary>
internal static class BaselineReader
{
    /// <summary>The list of the fields that are in databases.</summary>
    public const string Shipped = "EncryptedFields.Shipped.txt";

    /// <summary>The list of those that no release has yet.</summary>
    public const string Unshipped = "EncryptedFields.Unshipped.txt";

    public static bool IsBaseline(AdditionalText file) => Path.GetFileName(file.Path) is Shipped or Unshipped;

    public static BaselineFile Read(AdditionalText file, CancellationToken cancellation)
    {
        var lines = new List<BaselineLine>();
        var findings = new List<Finding>();
        var known = new HashSet<BaselineField>();
        foreach (var line in file.GetText(cancellation)?.Lines.AsEnumerable() ?? [])
        {
            var text = line.ToString();
            if (text.Trim() is "" || text.TrimStart().StartsWith("#", StringComparison.Ordinal))
                continue;
            var place = Place(file.Path, line);
            if (FieldText.Parse(text) is not { } field)
                findings.Add(Findings.Of(Rules.BaselineLine, place, text.Trim(), "it does not read as 'table.column -> member: type'"));
            else if (!known.Add(field))
                findings.Add(Findings.Of(Rules.BaselineLine, place, text.Trim(), "it stands here twice"));
            else
                lines.Add(new BaselineLine(field, place));
        }

        return new BaselineFile(Path.GetFileName(file.Path) == Shipped, new(lines), new(findings));
    }

    private static LocationInfo Place(string path, TextLine line) =>
        new(path, line.Start, line.Span.Length, line.LineNumber, 0, line.LineNumber, line.Span.Length);
}
