using System.Text.RegularExpressions;
using PmmCrypt.Metadata;

namespace PmmCrypt.Sqlite;

/// <summary>Finds the triggers that replacing a row would fire.</summary>
internal static partial class SqliteTriggers
{
    /// <summary>The names of the table's UPDATE triggers. One whose text is not understood counts among them.</summary>
    public static IReadOnlyList<string> OnUpdate(SqliteSession session, EncryptedTable table)
    {
        using var statement = session.Prepare(
            $"SELECT name, sql FROM {SqliteNames.Quote(SqliteNames.Schema(table))}.sqlite_master "
            + "WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE ORDER BY name");
        statement.Bind(1, table.Name);
        var found = new List<string>();
        while (statement.Step())
        {
            if (Event().Match(statement.String(1)) is not { Success: true } match || Is(match, "UPDATE"))
                found.Add(statement.String(0));
        }

        return found;
    }

    private static bool Is(Match match, string word) => match.Groups["event"].Value.Equals(word, StringComparison.OrdinalIgnoreCase);

    // SQLite has no pragma for it; what it keeps is CREATE TRIGGER and then the author's own text.
    [GeneratedRegex(
        """
        ^CREATE\s+TRIGGER\s+
        (?: "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] | '(?:[^']|'')*' | [^\s"`\['.]+ | \s*\.\s* )+
        \s* (?: BEFORE | AFTER | INSTEAD\s+OF )? \s*
        (?<event> INSERT | UPDATE | DELETE ) \b
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Event();
}
