using System.Globalization;
using System.Text;

namespace PmmCrypt.Tasks;

/// <summary>
/// The manifest: JSON, a line for each key column and field, so that two of them can be compared by eye. Nothing in it depends on when or
/// where it was built.
/// </summary>
internal static class ManifestText
{
    private const int Version = 1;

    public static string Of(IReadOnlyList<TableLines> tables)
    {
        var text = new StringBuilder();
        text.Append("{\n  \"manifestVersion\": ").Append(Version.ToString(CultureInfo.InvariantCulture)).Append(",\n  \"tables\": [");
        for (var i = 0; i < tables.Count; i++)
        {
            text.Append(i == 0 ? "\n" : ",\n").Append("    {\n");
            Append(text, "keys", tables[i].Keys).Append(",\n");
            Append(text, "fields", tables[i].Fields).Append("\n    }");
        }

        return text.Append(tables.Count == 0 ? "]\n}\n" : "\n  ]\n}\n").ToString();
    }

    private static StringBuilder Append(StringBuilder text, string name, IReadOnlyList<string> lines)
    {
        text.Append("      \"").Append(name).Append("\": [");
        for (var i = 0; i < lines.Count; i++)
            text.Append(i == 0 ? "\n" : ",\n").Append("        ").Append(Quoted(lines[i]));
        return text.Append(lines.Count == 0 ? "]" : "\n      ]");
    }

    // Control characters are escaped in the lines already, as they are in the lists of encrypted fields.
    private static string Quoted(string line) => $"\"{line.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"";
}
