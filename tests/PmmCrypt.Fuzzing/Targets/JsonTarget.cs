using System.Buffers;
using System.Text;
using PmmCrypt.Fields;
using PmmCrypt.Fuzzing.Oracles;
using PmmCrypt.Metadata;

namespace PmmCrypt.Fuzzing.Targets;

/// <summary>
/// A JSON document comes out of the splice as it went in, byte for byte, but for the fields that were replaced, which then say what they
/// were to say. What is not JSON, or has something else where a field stands, is reported and comes out as nothing.
/// </summary>
internal sealed class JsonTarget : FuzzTarget
{
    private static readonly EncryptedField Secret = new("options", StoredFormats.All, "secret");
    private static readonly EncryptedField Token = new("options", StoredFormats.All, "inner", "token");
    private static readonly EncryptedField Key = new("options", StoredFormats.All, "inner", "deep", "ключ");
    private static readonly EncryptedField Listed = new("options", StoredFormats.All, "list", EncryptedField.EachElement, "token");
    private static readonly EncryptedField Mapped = new("options", StoredFormats.All, "map", EncryptedField.EachMember);
    private static readonly EncryptedColumn Column = EncryptedColumn.Json("options", WalkOptions, Secret, Token, Key, Listed, Mapped);

    private static readonly JsonShape Shape = new(
        ("secret", Secret, null, Secret),
        ("list", null, new JsonShape(("token", Listed, null, Listed)) { IsList = true }, Listed),
        ("map", null, new JsonShape(("", Mapped, null, Mapped)) { IsDictionary = true }, Mapped),
        ("inner", null, new JsonShape(("token", Token, null, Token), ("deep", null, new JsonShape(("ключ", Key, null, Key)), Key)), Token));

    private static readonly string[] Members =
    [
        "secret", "inner", "token", "deep", "ключ", "secret", "inner", "deep", "list", "map", "list", "Secret", "", "a", "\"\\", "secret\0",
        "кл\ud800",
    ];

    private static readonly string[] Texts =
    [
        "old", "", "é", "🔐", "\"", "\\", "/", "\0", "\u001f", "\u007f", "\u2028", "\ud800", "\udc00\ud800", "{}", "<&>'+`",
        "pmm1$AQAAAA", "{\"secret\":\"x\"}",
    ];

    private static readonly string[] Leaves =
    [
        "null", "true", "false", "0", "-0", "1.50", "1e5", "-1.0E-07", "12345678901234567890123", "[]", "{}", "\"\"",
    ];

    private static readonly string[] Blanks = ["", "", "", " ", "\n", "\t\r\n "];

    private static readonly byte[][] Words =
    [
        "{"u8.ToArray(), "}"u8.ToArray(), "["u8.ToArray(), "]"u8.ToArray(), ","u8.ToArray(), ":"u8.ToArray(), "\""u8.ToArray(), "\\"u8.ToArray(),
        "\\u"u8.ToArray(), "\\ud800"u8.ToArray(), "\\udc00"u8.ToArray(), "//"u8.ToArray(), "/**/"u8.ToArray(), "null"u8.ToArray(),
        "NaN"u8.ToArray(), "-"u8.ToArray(), "0"u8.ToArray(), "."u8.ToArray(), "e"u8.ToArray(), "\"secret\":"u8.ToArray(),
        "\"secret\":\"s\""u8.ToArray(), "\\u0073ecret"u8.ToArray(), [0xef, 0xbb, 0xbf], [0], [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], "\n"u8.ToArray(),
    ];

    private readonly Replacing _visitor = new();
    private readonly ArrayBufferWriter<byte> _rewritten = new();

    static JsonTarget() => _ = new EncryptedTable(null, "table", [], [Column]);

    public JsonTarget()
        : base("json")
    {
    }

    public override void Make(Chance chance, FuzzInput input)
    {
        if (chance.OneIn(8))
            input.Set(chance.Of(Seeds));
        else
            Document(chance, input);
        for (var damages = chance.OneIn(2) ? 0 : 1 + chance.Below(3); damages > 0; damages--)
            input.Mutate(chance, Words);
    }

    public override void Check(ReadOnlySpan<byte> input)
    {
        _visitor.Begin();
        _rewritten.Clear();
        var replaced = Column.Walk(input, _visitor, _rewritten);
        if (input.IsEmpty)
        {
            Require.That(!replaced && _visitor.Malformed.Count == 0, "an empty column is nothing");
            return;
        }

        var json = JsonText.Read(input, Shape, Secret);
        if (json is null)
        {
            Require.That(!replaced, "what is no JSON was rewritten");
            Require.That(_visitor.Malformed.Count > 0, "what is no JSON was not reported");
            return;
        }

        (EncryptedField, MalformedReason)[] malformed = [.. json.Malformed, .. json.Inner?.Malformed ?? []];
        Require.That(malformed.SequenceEqual(_visitor.Malformed), "another report of what is malformed");
        CheckVisits((json.Inner ?? json).Strings);
        var wanted = _visitor.Seen.Any(seen => seen.Replacement is not null);
        Require.Equal(wanted, replaced, "whether anything was replaced");
        if (replaced)
            CheckRewritten(json);
    }

    private void CheckVisits(List<JsonString> strings)
    {
        Require.Equal(strings.Count, _visitor.Seen.Count, "the number of fields");
        for (var i = 0; i < strings.Count; i++)
        {
            Require.That(strings[i].Field == _visitor.Seen[i].Field, "another field");
            Require.Same(strings[i].Text, _visitor.Seen[i].Text, "another value of the field");
        }
    }

    private void CheckRewritten(JsonText before)
    {
        var after = JsonText.Read(_rewritten.WrittenSpan, Shape, Secret);
        Require.That(after is not null, "what was written is no JSON");
        Require.That(after!.Malformed.SequenceEqual(before.Malformed), "what is malformed has changed");
        if (before.Inner is null)
        {
            CheckFields(before, after);
            return;
        }

        Require.That(after.Inner is not null, "a string was to stay a string");
        var (start, end) = before.InnerSpan;
        Require.Same(before.Text[..start], after.Text[..after.InnerSpan.Start], "something else before the string");
        Require.Same(before.Text[end..], after.Text[after.InnerSpan.End..], "something else behind the string");
        Require.That(after.Inner!.Malformed.SequenceEqual(before.Inner.Malformed), "what is malformed within the string has changed");
        CheckFields(before.Inner, after.Inner);
    }

    /// <summary>Every field says what it was to say, and between them every byte is as before. (An emptied field is seen no more.)</summary>
    private void CheckFields(JsonText before, JsonText after)
    {
        var (read, written, next) = (0, 0, 0);
        for (var i = 0; i < before.Strings.Count; i++)
        {
            var field = before.Strings[i];
            var gap = before.Text[read..field.Start];
            Require.That(after.Text[written..].StartsWith(gap), "something else between the fields");
            written += gap.Length;
            read = field.End;
            var said = _visitor.Seen[i].Replacement ?? field.Text;
            if (said.Length == 0)
            {
                Require.That(after.Text[written..].StartsWith("\"\""u8), "an emptied field is not empty");
                written += 2;
                continue;
            }

            var now = after.Strings[next++];
            Require.Equal(written, now.Start, "where a field stands");
            Require.Same(said, now.Text, "a field says something else");
            if (_visitor.Seen[i].Replacement is null)
                Require.Same(before.Text[field.Start..field.End], after.Text[now.Start..now.End], "a field that was left is spelled anew");
            written = now.End;
        }

        Require.Equal(next, after.Strings.Count, "the fields");
        Require.Same(before.Text[read..], after.Text[written..], "something else behind the fields");
    }

    private static void Document(Chance chance, FuzzInput input)
    {
        if (!chance.OneIn(8))
        {
            Value(chance, input, chance.OneIn(16) ? 3 : 0, topLevel: true);
            return;
        }

        Value(chance, input, 2, topLevel: true);
        var inner = Encoding.UTF8.GetString(input.Bytes);
        input.Clear();
        Literal(chance, input, inner);
    }

    private static void Value(Chance chance, FuzzInput input, int depth, bool topLevel = false)
    {
        input.Add(chance.Of(Blanks));
        switch (topLevel && !chance.OneIn(32) ? 5 : depth > 4 ? chance.Below(3) : chance.Below(8))
        {
            case 0:
                input.Add(chance.Of(Leaves));
                break;
            case <= 2:
                Literal(chance, input, chance.Of(Texts));
                break;
            case 3:
                Array(chance, input, depth);
                break;
            case 4 when chance.OneIn(64):
                Deep(chance, input);
                break;
            default:
                Object(chance, input, depth);
                break;
        }

        input.Add(chance.Of(Blanks));
    }

    private static void Object(Chance chance, FuzzInput input, int depth)
    {
        input.Add((byte)'{');
        for (var (i, members) = (0, chance.Below(4)); i < members; i++)
        {
            if (i > 0)
                input.Add((byte)',');
            input.Add(chance.Of(Blanks));
            var name = chance.Of(Members);
            Literal(chance, input, name);
            input.Add(chance.Of(Blanks));
            input.Add((byte)':');
            if (name == "list" && !chance.OneIn(4))
                Array(chance, input, depth + 1);
            else
                Value(chance, input, depth + 1);
        }

        input.Add((byte)'}');
    }

    private static void Array(Chance chance, FuzzInput input, int depth)
    {
        input.Add((byte)'[');
        for (var (i, items) = (0, chance.Below(3)); i < items; i++)
        {
            if (i > 0)
                input.Add((byte)',');
            Value(chance, input, depth + 1);
        }

        input.Add((byte)']');
    }

    private static void Deep(Chance chance, FuzzInput input)
    {
        var depth = 1 + chance.Below(3000);
        input.Add(new string('[', depth) + new string(']', depth));
    }

    /// <summary>The text as a JSON string, each of its characters escaped or not as it comes.</summary>
    private static void Literal(Chance chance, FuzzInput input, string text)
    {
        input.Add((byte)'"');
        for (var i = 0; i < text.Length; i++)
        {
            var pair = char.IsSurrogatePair(text, i);
            if (chance.OneIn(8) || text[i] < 0x20 || (char.IsSurrogate(text[i]) && !pair))
                input.Add($"\\u{(int)text[i]:x4}");
            else if (text[i] is '"' or '\\' || (text[i] == '/' && chance.OneIn(2)))
                input.Add($"\\{text[i]}");
            else
                input.Add(pair ? text.Substring(i++, 2) : text[i].ToString());
        }

        input.Add((byte)'"');
    }

    private static void WalkOptions(ref JsonSplice json)
    {
        while (json.NextMember())
        {
            if (json.NameIs("secret"u8))
                json.Visit(Secret);
            else if (json.NameIs("inner"u8))
                WalkInner(ref json);
            else if (json.NameIs("list"u8))
                WalkList(ref json);
            else if (json.NameIs("map"u8))
                WalkMap(ref json);
            else
                json.Skip();
        }
    }

    private static void WalkList(ref JsonSplice json)
    {
        if (!json.EnterArray(Listed))
            return;
        while (json.NextElement(Listed))
        {
            while (json.NextMember())
            {
                if (json.NameIs("token"u8))
                    json.Visit(Listed);
                else
                    json.Skip();
            }
        }
    }

    private static void WalkMap(ref JsonSplice json)
    {
        if (!json.EnterObject(Mapped))
            return;
        while (json.NextMember())
            json.Visit(Mapped);
    }

    private static void WalkInner(ref JsonSplice json)
    {
        if (!json.EnterObject(Token))
            return;
        while (json.NextMember())
        {
            if (json.NameIs("token"u8))
                json.Visit(Token);
            else if (json.NameIs("deep"u8))
                WalkDeep(ref json);
            else
                json.Skip();
        }
    }

    private static void WalkDeep(ref JsonSplice json)
    {
        if (!json.EnterObject(Key))
            return;
        while (json.NextMember())
        {
            if (json.NameIs("ключ"u8))
                json.Visit(Key);
            else
                json.Skip();
        }
    }

    /// <summary>Replaces most values, by what depends on them alone.</summary>
    private sealed class Replacing : IFieldVisitor
    {
        private static readonly byte[]?[] Replacements =
        [
            null, "NEW"u8.ToArray(), [], "\"\\/\b\f\n\r\t\0\u001f"u8.ToArray(), "é密🔐\u2028<&>"u8.ToArray(),
            Encoding.ASCII.GetBytes(new string('k', 2000) + '"'), "pmm1$AQ+/=="u8.ToArray(),
        ];

        public List<(EncryptedField Field, byte[] Text, byte[]? Replacement)> Seen { get; } = [];

        public List<(EncryptedField, MalformedReason)> Malformed { get; } = [];

        public void Begin()
        {
            Seen.Clear();
            Malformed.Clear();
        }

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            var sum = stored.Length;
            foreach (var b in stored)
                sum += b;
            var chosen = Replacements[sum % Replacements.Length];
            Seen.Add((field, stored.ToArray(), chosen));
            if (chosen is not null)
                replacement.Write(chosen);
            return chosen is not null;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => Malformed.Add((field, reason));
    }
}
