using System.Globalization;
using System.Text;
using System.Text.Unicode;
using PmmCrypt.Metadata;

namespace PmmCrypt.Fuzzing.Oracles;

/// <summary>An object's members that matter: a field, or an object that has some.</summary>
internal sealed record JsonShape(params (string Name, EncryptedField? Field, JsonShape? Object, EncryptedField First)[] Members)
{
    /// <summary>Whether these are the members of each object of an array.</summary>
    public bool IsList { get; init; }

    /// <summary>Whether every member is as the one that is here, whatever its name.</summary>
    public bool IsDictionary { get; init; }
}

/// <summary>A field's string in a document: where it stands, with its quotes, and what it says.</summary>
internal sealed record JsonString(EncryptedField Field, int Start, int End, byte[] Text);

/// <summary>
/// RFC 8259, read a second time and by hand: whether a text is JSON, and where its fields stand.
/// </summary>
internal sealed class JsonText
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly byte[] _text;
    private readonly EncryptedField _first;
    private int _at;

    private JsonText(byte[] text, EncryptedField first) => (_text, _first) = (text, first);

    /// <summary>The fields' strings, in their order; the empty one is none.</summary>
    public List<JsonString> Strings { get; } = [];

    /// <summary>What stands where a field cannot be.</summary>
    public List<(EncryptedField Field, MalformedReason Reason)> Malformed { get; } = [];

    /// <summary>Where the whole document is a string, the document in it.</summary>
    public JsonText? Inner { get; private set; }

    /// <summary>Where the whole document is a string: where it stands, with its quotes.</summary>
    public (int Start, int End) InnerSpan { get; private set; }

    public ReadOnlySpan<byte> Text => _text;

    /// <summary>Reads a stored document; null where it is no JSON, nor the text within it.</summary>
    public static JsonText? Read(ReadOnlySpan<byte> document, JsonShape shape, EncryptedField first)
    {
        var json = new JsonText(document.ToArray(), first);
        try
        {
            if (!Utf8.IsValid(document))
                return null;
            json.Document(shape, mayBeString: true);
            return json;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private void Document(JsonShape shape, bool mayBeString)
    {
        Blank();
        switch (Peek())
        {
            case '{':
                Object(shape);
                break;
            case '"' when mayBeString:
                StringDocument(shape);
                break;
            case 'n' when mayBeString:
                Value();
                break;
            default:
                Value();
                Malformed.Add((_first, MalformedReason.NotAnObject));
                break;
        }

        Blank();
        if (_at != _text.Length)
            throw new FormatException("more than a document");
    }

    private void StringDocument(JsonShape shape)
    {
        var start = _at;
        var text = String();
        InnerSpan = (start, _at);
        if (text is null)
            Malformed.Add((_first, MalformedReason.NotUnicode));
        else if (text.Length > 0)
        {
            Inner = new JsonText(text, _first);
            Inner.Document(shape, mayBeString: false);
        }
    }

    private void Object(JsonShape shape)
    {
        Take('{');
        Blank();
        if (Peek() == '}')
        {
            _at++;
            return;
        }

        while (true)
        {
            Blank();
            var name = String();
            Blank();
            Take(':');
            Blank();
            Member(name is null ? null : Encoding.UTF8.GetString(name), shape);
            Blank();
            if (Peek() != ',')
                break;
            _at++;
        }

        Take('}');
    }

    private void Member(string? name, JsonShape shape)
    {
        var (_, field, inner, first) = shape.Members.FirstOrDefault(member => shape.IsDictionary || member.Name == name);
        if (field is not null)
            Field(field);
        else if (inner is null)
            Value();
        else if (inner.IsList)
            List(inner, first);
        else if (Peek() == '{')
            Object(inner);
        else
        {
            if (Peek() != 'n')
                Malformed.Add((first, MalformedReason.NotAnObject));
            Value();
        }
    }

    private void List(JsonShape shape, EncryptedField first)
    {
        if (Peek() != '[')
        {
            if (Peek() != 'n')
                Malformed.Add((first, MalformedReason.NotAnArray));
            Value();
            return;
        }

        _at++;
        Blank();
        if (Peek() == ']')
        {
            _at++;
            return;
        }

        while (true)
        {
            Blank();
            if (Peek() == '{')
            {
                Object(shape);
            }
            else
            {
                if (Peek() != 'n')
                    Malformed.Add((first, MalformedReason.NotAnObject));
                Value();
            }

            Blank();
            if (Peek() != ',')
                break;
            _at++;
        }

        Take(']');
    }

    private void Field(EncryptedField field)
    {
        if (Peek() != '"')
        {
            if (Peek() != 'n')
                Malformed.Add((field, MalformedReason.NotAString));
            Value();
            return;
        }

        var start = _at;
        if (String() is not { } text)
            Malformed.Add((field, MalformedReason.NotUnicode));
        else if (text.Length > 0)
            Strings.Add(new JsonString(field, start, _at, text));
    }

    /// <summary>Any value. What is open is kept on a stack of our own: a document may be deeper than this program's.</summary>
    private void Value()
    {
        var open = new Stack<char>();
        while (true)
        {
            Blank();
            switch (Peek())
            {
                case '{':
                    _at++;
                    Blank();
                    if (Peek() != '}')
                    {
                        Name();
                        open.Push('}');
                        continue;
                    }

                    _at++;
                    break;
                case '[':
                    _at++;
                    Blank();
                    if (Peek() != ']')
                    {
                        open.Push(']');
                        continue;
                    }

                    _at++;
                    break;
                case '"':
                    String();
                    break;
                case 't':
                    Word("true"u8);
                    break;
                case 'f':
                    Word("false"u8);
                    break;
                case 'n':
                    Word("null"u8);
                    break;
                default:
                    Number();
                    break;
            }

            while (true)
            {
                if (open.Count == 0)
                    return;
                Blank();
                if (Peek() == ',')
                    break;
                Take(open.Pop());
            }

            _at++;
            if (open.Peek() == '}')
            {
                Blank();
                Name();
            }
        }
    }

    private void Name()
    {
        String();
        Blank();
        Take(':');
    }

    private void Number()
    {
        if (Peek() == '-')
            _at++;
        if (Peek() == '0')
            _at++;
        else
            SomeDigits();
        if (Peek() == '.')
        {
            _at++;
            SomeDigits();
        }

        if (Peek() is not ('e' or 'E'))
            return;
        _at++;
        if (Peek() is '+' or '-')
            _at++;
        SomeDigits();
    }

    private void SomeDigits()
    {
        if (!char.IsAsciiDigit(Peek()))
            throw new FormatException("no digit");
        while (char.IsAsciiDigit(Peek()))
            _at++;
    }

    private void Word(ReadOnlySpan<byte> word)
    {
        if (!_text.AsSpan(_at).StartsWith(word))
            throw new FormatException("no word");
        _at += word.Length;
    }

    /// <summary>What a string says, UTF-8; null where it has a lone surrogate.</summary>
    private byte[]? String()
    {
        Take('"');
        var start = _at;
        StringBuilder? unescaped = null;
        var plain = _at;
        while (Peek() != '"')
        {
            if (Peek() < 0x20)
                throw new FormatException("a control character");
            if (Peek() != '\\')
            {
                _at++;
                continue;
            }

            unescaped ??= new StringBuilder();
            unescaped.Append(Encoding.UTF8.GetString(_text, plain, _at - plain));
            _at++;
            unescaped.Append(Escape());
            plain = _at;
        }

        var end = _at++;
        if (unescaped is null)
            return _text[start..end];
        unescaped.Append(Encoding.UTF8.GetString(_text, plain, end - plain));
        try
        {
            return StrictUtf8.GetBytes(unescaped.ToString());
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }

    private char Escape()
    {
        var letter = Peek();
        _at++;
        switch (letter)
        {
            case '"' or '\\' or '/':
                return letter;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when _at + 4 <= _text.Length && _text[_at..(_at + 4)].All(digit => char.IsAsciiHexDigit((char)digit)):
                _at += 4;
                return (char)ushort.Parse(_text.AsSpan(_at - 4, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            default:
                throw new FormatException("no escape");
        }
    }

    private void Blank()
    {
        while (Peek() is ' ' or '\t' or '\r' or '\n')
            _at++;
    }

    private void Take(char wanted)
    {
        if (Peek() != wanted || _at == _text.Length)
            throw new FormatException("not what was to come");
        _at++;
    }

    /// <summary>The next byte; NUL, which no JSON has outside of strings or in them, at the end.</summary>
    private char Peek() => _at < _text.Length ? (char)_text[_at] : '\0';
}
