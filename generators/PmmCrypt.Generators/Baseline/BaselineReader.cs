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

    private const string Beginning = "EncryptedFields.";
    private const string Extension = ".txt";

    /// <summary>Whether a file is one of the lists. Case does not count: some file systems do not tell names by it.</summary>
    public static bool IsList(AdditionalText file) => IsNamed(file, Shipped) || IsNamed(file, Unshipped);

    /// <summary>Whether it is, or is named nearly as they are: a list by another name would be read by nobody.</summary>
    public static bool IsBaseline(AdditionalText file) =>
        Path.GetFileName(file.Path) is var name && name.StartsWith(Beginning, StringComparison.OrdinalIgnoreCase)
        && name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    public static BaselineFile Read(AdditionalText file, CancellationToken cancellation)
    {
        if (!IsList(file))
            return new BaselineFile(IsShipped: false, default, new([Misnamed(file)]));
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

        return new BaselineFile(IsNamed(file, Shipped), new(lines), new(findings));
    }

    private static bool IsNamed(AdditionalText file, string name) =>
        Path.GetFileName(file.Path).Equals(name, StringComparison.OrdinalIgnoreCase);

    private static Finding Misnamed(AdditionalText file) => Findings.Of(
        Rules.BaselineLine, new LocationInfo(file.Path, 0, 0, 0, 0, 0, 0), Path.GetFileName(file.Path),
        $"the lists are {Shipped} and {Unshipped}; name it so, or in another way than {Beginning}*{Extension} if it is none");

    private static LocationInfo Place(string path, TextLine line) =>
        new(path, line.Start, line.Span.Length, line.LineNumber, 0, line.LineNumber, line.Span.Length);
}
