using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Tests.Fields;

/// <summary>Any document, as text: outside the replaced strings every byte stays where it was.</summary>
public sealed class JsonSplicePropertyTests
{
    private static readonly EncryptedField Secret = new("options", StoredFormats.All, "secret");
    private static readonly EncryptedField Token = new("options", StoredFormats.All, "inner", "token");
    private static readonly EncryptedColumn Column = EncryptedColumn.Json("options", WalkOptions, Secret, Token);

    private static readonly Gen<string> Unicode = Gen.OneOf(
        Gen.String[Gen.Char["ab \"\\/\u0000\u0001\n\r\t\b\f\u001f\u007f<>&'"], 0, 8],
        Gen.Int[0, 0x10ffff].Where(point => point is < 0xd800 or > 0xdfff).Array[0, 6]
            .Select(points => string.Concat(points.Select(char.ConvertFromUtf32))));

    private static readonly Gen<string> Blank = AnyOf("", "", " ", "\n", "\t", "\r\n  ");
    private static readonly Gen<byte[]> How = Gen.Byte.Array[1, 12];

    private static readonly Gen<string> Value = Gen.Recursive<string>((depth, self) =>
    {
        var leaf = Gen.OneOf(
            AnyOf("null", "true", "false", "0", "-0", "1.50", "1e5", "-1.0E-07", "12345678901234567890123"),
            Gen.Select(Unicode, How).Select(Literal));
        if (depth > 2)
            return leaf;
        var name = Gen.OneOf(AnyOf("secret", "inner", "token"), Unicode);
        return Gen.OneOf(
            leaf,
            Gen.Select(Blank, self).Select((blank, item) => blank + item + blank)
                .Array[0, 3].Select(items => $"[{string.Join(',', items)}]"),
            Gen.Select(name, How, Blank, self).Select((key, how, blank, item) => $"{blank}{Literal(key, how)}{blank}:{item}{blank}")
                .Array[0, 3].Select(items => $"{{{string.Join(',', items)}}}"));
    });

    /// <summary>A document, and what it is to become.</summary>
    private static readonly Gen<Piece> Document = Object(Gen.OneOf(
        Member(Gen.Const("secret"), Field), Member(Gen.Const("inner"), Gen.OneOf(Same(Gen.Const("null")), Inner)),
        Other("secret", "inner")));

    private static Gen<Piece> Inner => Object(Gen.OneOf(Member(Gen.Const("token"), Field), Other("token")));

    /// <summary>A field's value: a string is replaced, the empty one and null are not.</summary>
    private static Gen<Piece> Field => Gen.OneOf(
        Gen.Select(Unicode.Where(text => text.Length > 0), How).Select((text, how) => new Piece(Literal(text, how), "\"NEW\"")),
        Same(AnyOf("null", "\"\"")));

    [Fact]
    public void Of_any_document_every_byte_outside_the_fields_stays()
    {
        Document.Sample(document =>
        {
            var rewritten = Walk(document.Before, "NEW", out var malformed);

            Assert.Empty(malformed);
            Assert.Equal(document.After == document.Before ? null : document.After, rewritten);
        }, iter: 5000);
    }

    [Fact]
    public void Of_any_document_in_a_JSON_string_every_character_outside_the_fields_stays_and_it_stays_a_string()
    {
        Gen.Select(Document, How).Where((document, _) => document.After != document.Before).Sample((document, how) =>
        {
            var rewritten = Walk(Literal(document.Before, how), "NEW", out var malformed)!;

            Assert.Empty(malformed);
            Assert.Equal(document.After, JsonSerializer.Deserialize<string>(rewritten));
        }, iter: 2000);
    }

    [Fact]
    public void Any_replacement_reads_back_as_exactly_what_it_was_and_touches_nothing_beside_it()
    {
        const string Before = """{ "a" : 1.50, "secret" : """;
        const string After = """ , "z":[ "ключ" ] }""";
        Unicode.Where(text => text.Length > 0).Sample(replacement =>
        {
            var rewritten = Walk($"{Before}\"old\"{After}", replacement, out _)!;

            Assert.StartsWith(Before + "\"", rewritten, StringComparison.Ordinal);
            Assert.EndsWith("\"" + After, rewritten, StringComparison.Ordinal);
            Assert.Equal(replacement, JsonSerializer.Deserialize<string>(rewritten[Before.Length..^After.Length]));
        }, iter: 5000);
    }

    [Fact]
    public void Any_replacement_in_a_document_in_a_JSON_string_reads_back_as_exactly_what_it_was()
    {
        Unicode.Where(text => text.Length > 0).Sample(replacement =>
        {
            var rewritten = Walk("\"{\\\"secret\\\": \\\"old\\\", \\\"n\\\": 1.50}\"", replacement, out _)!;

            var inner = JsonSerializer.Deserialize<string>(rewritten)!;
            Assert.EndsWith(", \"n\": 1.50}", inner, StringComparison.Ordinal);
            Assert.Equal(replacement, JsonDocument.Parse(inner).RootElement.GetProperty("secret").GetString());
        }, iter: 2000);
    }

    [Theory]
    [InlineData("""{"\ud800":1,"secret":"old"}""", """{"\ud800":1,"secret":"NEW"}""")]
    [InlineData("""{"secret":"old","\udc00etc":"x"}""", """{"secret":"NEW","\udc00etc":"x"}""")]
    [InlineData("""{"a":"\ud800","secret":"old"}""", """{"a":"\ud800","secret":"NEW"}""")]
    [InlineData("""{"inner":{"\ud800":{"\ud800":"\ud800"},"token":"old"}}""", """{"inner":{"\ud800":{"\ud800":"\ud800"},"token":"NEW"}}""")]
    public void A_member_that_nobody_declared_may_be_named_with_half_a_surrogate_pair(string stored, string expected)
    {
        Assert.Equal(expected, Walk(stored, "NEW", out var malformed));
        Assert.Empty(malformed);
    }

    [Theory]
    [InlineData("""{"secret":"old","inner":{"token":17}}""", """{"secret":"NEW","inner":{"token":17}}""")]
    [InlineData("""{"inner":{"token":17},"secret":"old"}""", """{"inner":{"token":17},"secret":"NEW"}""")]
    [InlineData("""{"secret":"\ud800","inner":{"token":"old"}}""", """{"secret":"\ud800","inner":{"token":"NEW"}}""")]
    [InlineData("""{"secret":"old","inner":["old"]}""", """{"secret":"NEW","inner":["old"]}""")]
    [InlineData(
        """{"secret":"old","inner":{"token":["old"]},"secret":"old"}""", """{"secret":"NEW","inner":{"token":["old"]},"secret":"NEW"}""")]
    [InlineData(
        "\"{\\\"secret\\\":\\\"old\\\",\\\"inner\\\":{\\\"token\\\":true}}\"",
        "\"{\\\"secret\\\":\\\"NEW\\\",\\\"inner\\\":{\\\"token\\\":true}}\"")]
    public void Where_one_field_is_malformed_it_stays_and_the_others_are_replaced(string stored, string expected)
    {
        Assert.Equal(expected, Walk(stored, "NEW", out var malformed));
        Assert.Single(malformed);
    }

    [Theory]
    [InlineData("""{"secret":"old" """)]
    [InlineData("""{"secret":"old"}}""")]
    [InlineData("\"{\\\"secret\\\":\\\"old\\\"\"")]
    public void What_is_no_JSON_is_left_as_it_is(string stored)
    {
        Assert.Null(Walk(stored, "NEW", out var malformed));
        Assert.Equal([MalformedReason.NotJson], malformed);
    }

    /// <summary>A member that is no field where it stands; a field's name may be that of a field elsewhere.</summary>
    private static Gen<Piece> Other(params string[] fields) => Member(
        Gen.OneOf(AnyOf("secret", "inner", "token", "Secret", "secret ", "ключ", ""), Unicode).Where(name => !fields.Contains(name)),
        Same(Value));

    private static Gen<string> AnyOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static Gen<Piece> Same(Gen<string> text) => text.Select(same => new Piece(same, same));

    private static Gen<Piece> Member(Gen<string> name, Gen<Piece> value) =>
        Gen.Select(name, How, Blank, value).Select((key, how, blank, piece) =>
            piece.Between($"{blank}{Literal(key, how)}{blank}:", blank));

    private static Gen<Piece> Object(Gen<Piece> member) => Gen.Select(Blank, member.Array[0, 5]).Select((blank, members) => new Piece(
        $"{blank}{{{string.Join(',', members.Select(piece => piece.Before))}}}{blank}",
        $"{blank}{{{string.Join(',', members.Select(piece => piece.After))}}}{blank}"));

    /// <summary>The text as a JSON string, each character escaped or not as it comes.</summary>
    private static string Literal(string text, byte[] how)
    {
        var json = new StringBuilder("\"");
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var way = how[at++ % how.Length] % 4;
            if (way == 0 || rune.Value < 0x20)
                json.Append(string.Concat(rune.ToString().Select(unit => $"\\u{(int)unit:x4}")));
            else if (rune.Value is '"' or '\\' || (way == 1 && rune.Value == '/'))
                json.Append('\\').Append(rune);
            else
                json.Append(rune);
        }

        return json.Append('"').ToString();
    }

    private static void WalkOptions(ref JsonSplice json)
    {
        while (json.NextMember())
        {
            if (json.NameIs("secret"u8))
                json.Visit(Secret);
            else if (json.NameIs("inner"u8))
                WalkInner(ref json);
            else
                json.Skip();
        }
    }

    private static void WalkInner(ref JsonSplice json)
    {
        if (!json.EnterObject(Token))
            return;
        while (json.NextMember())
        {
            if (json.NameIs("token"u8))
                json.Visit(Token);
            else
                json.Skip();
        }
    }

    private static string? Walk(string stored, string replacement, out List<MalformedReason> malformed)
    {
        var visitor = new Visitor(replacement);
        var rewritten = new ArrayBufferWriter<byte>();
        var replaced = Column.Walk(Encoding.UTF8.GetBytes(stored), visitor, rewritten);
        malformed = visitor.Malformed;
        return replaced ? Encoding.UTF8.GetString(rewritten.WrittenSpan) : null;
    }

    private sealed record Piece(string Before, string After)
    {
        public Piece Between(string head, string tail) => new(head + Before + tail, head + After + tail);
    }

    private sealed class Visitor(string replacement) : IFieldVisitor
    {
        public List<MalformedReason> Malformed { get; } = [];

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> writer)
        {
            writer.Write(Encoding.UTF8.GetBytes(replacement));
            return true;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => Malformed.Add(reason);
    }
}
