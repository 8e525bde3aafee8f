using System.Globalization;
using System.Text;
using PmmCrypt.Generators.Model;

#pragma warning disable CA1846 // the tool compiles this too, and there is no such overload where the generator runs

namespace PmmCrypt.Generators.Baseline;

/// <summary>
/// How a line of the baseline reads: <c>accounts.api_token: string</c>, <c>billing.accounts.smtp -> password: string</c>. A name with other
/// characters than letters, digits and underscores is in quotation marks, with escapes as in JSON. Each element of a list, and each value
/// of a dictionary, is named by its step: <c>accounts.endpoints -> [] -> token: string</c>, <c>accounts.headers -> *: string</c>.
/// </summary>
internal static class FieldText
{
    private const string Into = "->";

    public static string Of(BaselineField field)
    {
        var text = new StringBuilder();
        if (field.Schema is not null)
            text.Append(Name(field.Schema)).Append('.');
        text.Append(Name(field.Table)).Append('.').Append(Name(field.Column));
        foreach (var member in field.Path)
            text.Append(' ').Append(Into).Append(' ').Append(IsStep(member) ? member : Name(member));
        return text.Append(": ").Append(field.Type).ToString();
    }

    /// <summary>The field that a line names, or null where it cannot be read.</summary>
    public static BaselineField? Parse(string line)
    {
        var reader = new Reader(line);
        List<string?> place = [reader.Name()];
        while (reader.Take("."))
            place.Add(reader.Name());
        List<string?> path = [];
        while (reader.Take(Into))
            path.Add(reader.Step() ?? reader.Name());
        if (!reader.Take(":") || place.Count is < 2 or > 3 || place.Concat(path).Contains(null))
            return null;
        var type = reader.Rest();
        return type.Length == 0
            ? null
            : new BaselineField(place.Count == 3 ? place[0] : null, place[^2]!, place[^1]!, new(path.Select(name => name!)), type);
    }

    private static string Name(string name)
    {
        if (name.Length > 0 && name.All(IsPlain))
            return name;
        var text = new StringBuilder("\"");
        foreach (var character in name)
        {
            if (character is '"' or '\\')
                text.Append('\\').Append(character);
            else if (char.IsControl(character) || character is '\u2028' or '\u2029')
                text.Append("\\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
            else
                text.Append(character);
        }

        return text.Append('"').ToString();
    }

    private static bool IsStep(string name) => name is BaselineField.EachElement or BaselineField.EachMember;

    private static bool IsPlain(char character) => char.IsLetterOrDigit(character) || character == '_';

    private sealed class Reader(string line)
    {
        private int _next;

        public bool Take(string token)
        {
            SkipBlanks();
            if (string.CompareOrdinal(line, _next, token, 0, token.Length) != 0)
                return false;
            _next += token.Length;
            return true;
        }

        public string Rest() => line.Substring(_next).Trim();

        public string? Step() =>
            Take(BaselineField.EachElement) ? BaselineField.EachElement
            : Take(BaselineField.EachMember) ? BaselineField.EachMember
            : null;

        public string? Name()
        {
            if (Take("\""))
                return Quoted();
            var start = _next;
            while (_next < line.Length && IsPlain(line[_next]))
                _next++;
            return _next > start ? line.Substring(start, _next - start) : null;
        }

        private string? Quoted()
        {
            var name = new StringBuilder();
            while (_next < line.Length)
            {
                var character = line[_next++];
                if (character == '"')
                    return name.ToString();
                var meant = character == '\\' ? Escaped() : character;
                if (meant is null)
                    return null;
                name.Append(meant);
            }

            return null;
        }

        private char? Escaped()
        {
            const int Digits = 4;
            if (_next >= line.Length)
                return null;
            var kind = line[_next++];
            if (kind is '"' or '\\')
                return kind;
            if (kind != 'u' || _next + Digits > line.Length
                || !int.TryParse(line.Substring(_next, Digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                return null;
            }

            _next += Digits;
            return (char)code;
        }

        private void SkipBlanks()
        {
            while (_next < line.Length && line[_next] is ' ' or '\t')
                _next++;
        }
    }
}
