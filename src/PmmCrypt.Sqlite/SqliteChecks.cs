using System.Text.RegularExpressions;

namespace PmmCrypt.Sqlite;

/// <summary>Finds the CHECKs of a table in the statement that made it: SQLite has no other place for them.</summary>
internal static partial class SqliteChecks
{
    /// <summary>Each CHECK's name, empty where it has none, and its condition.</summary>
    /// <param name="definition">The table's CREATE TABLE, as SQLite keeps it.</param>
    public static IReadOnlyList<(string Name, string Condition)> Of(string definition)
    {
        var words = Word().Matches(definition).Where(word => !word.Groups["blank"].Success).ToArray();
        var checks = new List<(string, string)>();
        for (var i = 0; i + 1 < words.Length; i++)
        {
            if (!Is(words[i], "CHECK") || words[i + 1].Value != "(")
                continue;
            var name = i >= 2 && Is(words[i - 2], "CONSTRAINT") ? words[i - 1].Value.Trim('"', '`', '[', ']') : "";
            var end = End(words, i + 1);
            checks.Add((name, definition[(words[i + 1].Index + 1)..words[end].Index]));
            i = end;
        }

        return checks;
    }

    /// <summary>The parenthesis that closes the one at this place.</summary>
    private static int End(Match[] words, int open)
    {
        var depth = 0;
        for (var i = open; i < words.Length; i++)
        {
            depth += words[i].Value switch { "(" => 1, ")" => -1, _ => 0 };
            if (depth == 0)
                return i;
        }

        return words.Length - 1;
    }

    private static bool Is(Match word, string keyword) => word.Value.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(
        """
        (?<blank> \s+ | --[^\n]* | /\*.*?\*/ )
        | '(?:[^']|'')*' | "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | [\w$]+ | .
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
