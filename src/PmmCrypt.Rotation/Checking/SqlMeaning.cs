using System.Text;

namespace PmmCrypt.Rotation.Checking;

/// <summary>
/// Tells of an SQL condition whether it means the same once a column of it holds ciphertexts. It does where it asks of the column only
/// whether it is NULL or empty: neither is ever encrypted.
/// </summary>
/// <remarks>It knows no grammar. What it does not recognise it takes for a condition that does not: an operator is to look.</remarks>
internal static class SqlMeaning
{
    private static readonly HashSet<string> Lengths = ["length", "char_length", "character_length", "octet_length"];

    private static readonly char[] PathMarks = ['.', ',', '{', '}', '"', '[', ']'];

    // What may stand before a column without doing anything to its value.
    private static readonly HashSet<string> Connectives = ["check", "and", "or", "not", "when", "then", "else", "where", "case"];

    /// <summary>Whether the condition means the same when this column's values are encrypted.</summary>
    public static bool IsSame(string condition, string column)
    {
        var words = Words(condition);
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i].Equals(column, StringComparison.OrdinalIgnoreCase) && !AsksForEmptiness(words, i))
                return false;
        }

        return true;
    }

    /// <summary>
    /// Whether a string in a text of SQL is a JSON member's name, or a path that it stands in: <c>$.tls_key</c>, <c>{a,tls_key}</c>.
    /// </summary>
    public static bool MentionsMember(string text, string name) =>
        Words(text).Any(word => word.StartsWith('\'') && word.Trim('\'').Split(PathMarks).Contains(name));

    /// <summary>Whether a string in a text of SQL may be a JSON member's name: any but the empty one, and the type of a document.</summary>
    public static bool MentionsAnyMember(string text) =>
        Words(text).Any(word => word.StartsWith('\'') && word is not ("''" or "'object'" or "'array'"));

    private static bool AsksForEmptiness(List<string> words, int column)
    {
        string? At(int place) => place >= 0 && place < words.Count ? words[place] : null;
        var (before, after, last) = (At(column - 1), At(column + 1), At(column + 2));
        if (before is not null && Lengths.Contains(before))
            return (after is ">" or "<>" or "!=" && last == "0") || (after == ">=" && last == "1");
        if (before is "<>" or "!=" or "=")
            return At(column - 2) == "''";
        return (before is null || Connectives.Contains(before)) && ((after is "<>" or "!=" or "=" && last == "''")
            || (after == "is" && (last == "null" || (last == "not" && At(column + 3) == "null"))));
    }

    /// <summary>
    /// The words of a text of SQL: names without their quotes and what they are qualified by, strings in single quotes, operators. Left out
    /// are parentheses, comments, and casts.
    /// </summary>
    private static List<string> Words(string sql)
    {
        var words = new List<string>();
        var reader = new SqlReader(sql);
        while (reader.Next() is { } token)
        {
            if (token is "(" or ")")
                continue;
            if (token == "::")
            {
                reader.SkipType();
                continue;
            }

            if (words is [.., _, "."] && reader.IsNameToken)
                words.RemoveRange(words.Count - 2, 2);      // the table, or the schema, that a name is qualified by
            words.Add(token);
        }

        return words;
    }

    private static string Quoted(string value) => $"'{value}'";

    /// <summary>Reads SQL word by word.</summary>
    private sealed class SqlReader(string sql)
    {
        private static readonly HashSet<string> TypeTails = ["varying", "precision", "with", "without", "time", "zone"];

        private int _next;

        public bool IsNameToken { get; private set; }

        public string? Next()
        {
            SkipBlanks();
            IsNameToken = false;
            if (_next >= sql.Length)
                return null;
            var first = sql[_next];
            if (first == '\'')
                return Quoted(Delimited('\''));
            if (first is '"' or '`' or '[')
            {
                IsNameToken = true;
                return Delimited(first == '[' ? ']' : first);
            }

            var start = _next;
            if (IsWordCharacter(first))
            {
                while (_next < sql.Length && IsWordCharacter(sql[_next]))
                    _next++;
                IsNameToken = !char.IsDigit(first);
                return sql[start.._next].ToLowerInvariant();
            }

            _next++;
            while (_next < sql.Length && IsOperator(first) && IsOperator(sql[_next]))
                _next++;
            return sql[start.._next];
        }

        /// <summary>Skips the type of a cast: its name, the rest of the name, its length, and the brackets of an array.</summary>
        public void SkipType()
        {
            _ = Next();
            while (true)
            {
                var before = _next;
                var token = Next();
                if (token is not null && TypeTails.Contains(token))
                    continue;
                if (token == ".")
                {
                    _ = Next();
                    continue;
                }

                _next = before;
                if (token == "(")
                    SkipTo(')');
                else if (sql.AsSpan(before).TrimStart().StartsWith("[]", StringComparison.Ordinal))
                    SkipTo(']');
                else
                    return;
            }
        }

        private void SkipTo(char end) => _next = sql.IndexOf(end, _next) is >= 0 and var place ? place + 1 : sql.Length;

        private string Delimited(char end)
        {
            var text = new StringBuilder();
            for (_next++; _next < sql.Length; _next++)
            {
                if (sql[_next] != end)
                {
                    text.Append(sql[_next]);
                    continue;
                }

                if (_next + 1 >= sql.Length || sql[_next + 1] != end)
                    break;
                text.Append(sql[_next++]);
            }

            _next = Math.Min(_next + 1, sql.Length);
            return text.ToString();
        }

        private void SkipBlanks()
        {
            while (_next < sql.Length)
            {
                var rest = sql.AsSpan(_next);
                if (char.IsWhiteSpace(rest[0]))
                    _next++;
                else if (rest.StartsWith("--", StringComparison.Ordinal))
                    SkipTo('\n');
                else if (rest.StartsWith("/*", StringComparison.Ordinal))
                    _next = sql.IndexOf("*/", _next + 2, StringComparison.Ordinal) is >= 0 and var end ? end + 2 : sql.Length;
                else
                    return;
            }
        }

        private static bool IsWordCharacter(char character) => char.IsLetterOrDigit(character) || character is '_' or '$';

        private static bool IsOperator(char character) =>
            character is '<' or '>' or '=' or '!' or ':' or '|' or '~' or '-' or '#' or '@' or '&';
    }
}
