using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Tests.Fields;

/// <summary>A JSON column with the fields <c>secret</c> and <c>inner.token</c>, walked by a visitor that notes and replaces.</summary>
public sealed class JsonSpliceTests
{
    private static readonly EncryptedField Secret = new("options", StoredFormats.All, "secret");
    private static readonly EncryptedField Token = new("options", StoredFormats.All, "inner", "token");
    private static readonly EncryptedColumn Column = EncryptedColumn.Json("options", WalkOptions, Secret, Token);

    [Theory]
    [InlineData("""{"secret":"old"}""", """{"secret":"NEW"}""")]
    [InlineData(
        """{ "a" : 1.50 , "secret" : "old" , "z": [1, {"secret": "no"}] }""",
        """{ "a" : 1.50 , "secret" : "NEW" , "z": [1, {"secret": "no"}] }""")]
    [InlineData("""{"inner":{"x":null,"token":"old"},"secret":null}""", """{"inner":{"x":null,"token":"NEW"},"secret":null}""")]
    [InlineData("""{"secret":"old","secret":"old"}""", """{"secret":"NEW","secret":"NEW"}""")]
    [InlineData("""{"\u0073ecret":"old"}""", """{"\u0073ecret":"NEW"}""")]
    [InlineData("""{"secret":"\u006fld"}""", """{"secret":"NEW"}""")]
    [InlineData("""{"Secret":"old","inner":null,"secret":"old"}""", """{"Secret":"old","inner":null,"secret":"NEW"}""")]
    public void Only_the_fields_are_replaced_and_every_other_byte_stays(string stored, string expected)
    {
        var visitor = new Visitor("NEW");

        Assert.Equal(expected, Walk(stored, visitor));
        Assert.All(visitor.Seen, value => Assert.Equal("old", value));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("""{"secret":null}""")]
    [InlineData("""{"secret":""}""")]
    [InlineData("""{"inner":null}""")]
    [InlineData("""{"other":{"secret":"x"}}""")]
    public void Where_no_field_holds_a_value_nothing_is_shown(string stored)
    {
        var visitor = new Visitor("NEW");

        Assert.Null(Walk(stored, visitor));
        Assert.Empty(visitor.Seen);
        Assert.Empty(visitor.Malformed);
    }

    [Fact]
    public void Who_asks_for_it_is_shown_the_empty_string_and_may_put_a_value_in_its_place()
    {
        var visitor = new Visitor("NEW") { VisitsEmpty = true };

        Assert.Equal(
            """{"n": 1.50, "secret":"NEW", "inner": {"token": null}}""",
            Walk("""{"n": 1.50, "secret":"", "inner": {"token": null}}""", visitor));
        Assert.Equal([""], visitor.Seen);
    }

    [Fact]
    public void A_JSON_string_that_holds_the_object_is_read_and_stays_a_string()
    {
        var stored = JsonSerializer.Serialize("""{"n": 1.50, "secret": "old", "ключ": "é\"q"}""");

        var rewritten = Walk(stored, new Visitor("NEW"))!;

        Assert.Equal("""{"n": 1.50, "secret": "NEW", "ключ": "é\"q"}""", JsonSerializer.Deserialize<string>(rewritten));
    }

    [Fact]
    public void Who_asks_for_it_is_given_the_object_in_place_of_the_string()
    {
        const string Document = """{"n": 1.50, "secret": "old", "ключ": "é\"q"}""";
        var stored = JsonSerializer.Serialize(Document);

        Assert.Equal(
            " " + Document.Replace("old", "NEW", StringComparison.Ordinal) + " ",
            Walk($" {stored} ", new Visitor("NEW") { WantsObject = true }));
        Assert.Equal(Document, Walk(stored, new Visitor(null) { WantsObject = true }));
        Assert.Null(Walk(stored, new Visitor(null)));
    }

    [Fact]
    public void But_not_one_that_a_database_does_not_take()
    {
        const string Document = """{"secret": "old", "x": "\u0000"}""";
        var stored = JsonSerializer.Serialize(Document);

        Assert.Null(Walk(stored, new Visitor(null) { WantsObject = true }));
        Assert.Equal(
            Document.Replace("old", "NEW", StringComparison.Ordinal),
            JsonSerializer.Deserialize<string>(Walk(stored, new Visitor("NEW") { WantsObject = true })!));
    }

    [Theory]
    [InlineData("{", MalformedReason.NotJson)]
    [InlineData("""{"secret":"old"} x""", MalformedReason.NotJson)]
    [InlineData("""{"secret":"old",}""", MalformedReason.NotJson)]
    [InlineData("{'secret':'old'}", MalformedReason.NotJson)]
    [InlineData("[1]", MalformedReason.NotAnObject)]
    [InlineData("17", MalformedReason.NotAnObject)]
    [InlineData("\"text\"", MalformedReason.NotJson)]
    [InlineData("\"[1]\"", MalformedReason.NotAnObject)]
    [InlineData("\"[1\"", MalformedReason.NotAnObject)]
    [InlineData("""{"secret":17}""", MalformedReason.NotAString)]
    [InlineData("""{"secret":{"a":1}}""", MalformedReason.NotAString)]
    [InlineData("""{"inner":[]}""", MalformedReason.NotAnObject)]
    [InlineData("""{"secret":"\ud800"}""", MalformedReason.NotUnicode)]
    [InlineData("\"\\ud800\"", MalformedReason.NotUnicode)]
    public void What_cannot_be_walked_is_named_and_nothing_of_it_is_replaced(string stored, MalformedReason reason)
    {
        var visitor = new Visitor("NEW");

        Assert.Null(Walk(stored, visitor));
        Assert.Equal([reason], visitor.Malformed);
    }

    [Theory]
    [InlineData("{\"secret\":\"old\",\"a\":\"\u00ff\"}")]
    [InlineData("{\"secret\":\"\u00ff\"}")]
    [InlineData("\"{\\\"secret\\\":\\\"old\\\",\\\"a\\\":\\\"\u00ff\\\"}\"")]
    public void A_document_that_is_not_UTF_8_is_none_and_its_bytes_are_not_replaced_by_others(string latin1)
    {
        var visitor = new Visitor("NEW");

        Assert.False(Column.Walk(Encoding.Latin1.GetBytes(latin1), visitor, new ArrayBufferWriter<byte>()));
        Assert.Equal([MalformedReason.NotJson], visitor.Malformed);
    }

    [Theory]
    [InlineData("quote \" and backslash \\ and solidus /")]
    [InlineData("line\r\nfeed\tand\u0000control\u001f")]
    [InlineData("ключ 🔐 \u2028 \u00a0 <>&'+")]
    public void A_replacement_is_escaped_so_that_it_reads_back_as_it_was(string replacement)
    {
        var rewritten = Walk("""{"a":1,"secret":"old","b":"🔐"}""", new Visitor(replacement))!;

        using var document = JsonDocument.Parse(rewritten);
        Assert.Equal(replacement, document.RootElement.GetProperty("secret").GetString());
        Assert.Equal("🔐", document.RootElement.GetProperty("b").GetString());
    }

    [Fact]
    public void Behind_a_member_that_is_no_object_the_walk_goes_on_with_the_next()
    {
        var visitor = new Visitor("NEW");

        Assert.Equal(
            """{"inner":["token",{"token":"x"}],"secret":"NEW","token":"mine"}""",
            Walk("""{"inner":["token",{"token":"x"}],"secret":"old","token":"mine"}""", visitor));

        Assert.Equal(["old"], visitor.Seen);
        Assert.Equal([MalformedReason.NotAnObject], visitor.Malformed);
    }

    [Theory]
    [InlineData("""{"inner":17,"token":"mine"}""", MalformedReason.NotAnObject)]
    [InlineData("""{"inner":[],"token":"mine"}""", MalformedReason.NotAnObject)]
    public void Nor_are_its_neighbours_taken_for_its_members(string stored, MalformedReason reason)
    {
        var visitor = new Visitor("NEW");

        Assert.Null(Walk(stored, visitor));
        Assert.Empty(visitor.Seen);
        Assert.Equal([reason], visitor.Malformed);
    }

    [Fact]
    public void A_long_replacement_of_nothing_but_escapes_reads_back_as_it_was()
    {
        var replacement = new string('"', 5000) + "plain" + new string('\\', 5000);

        using var document = JsonDocument.Parse(Walk("""{"secret":"old"}""", new Visitor(replacement))!);

        Assert.Equal(replacement, document.RootElement.GetProperty("secret").GetString());
    }

    [Fact]
    public void What_is_nested_deep_and_is_no_field_is_passed_over()
    {
        var deep = new string('[', 5000) + new string(']', 5000);

        Assert.Equal($$"""{"deep":{{deep}},"secret":"NEW"}""", Walk($$"""{"deep":{{deep}},"secret":"old"}""", new Visitor("NEW")));
    }

    [Fact]
    public void Of_any_object_only_the_fields_change()
    {
        string[] names = ["secret", "inner", "token", "a", "ключ", "q\"uo'te\\"];
        var name = Gen.Int[0, names.Length - 1].Select(i => names[i]);
        var leaf = Gen.OneOf<JsonNode?>(
            Gen.Const((JsonNode?)null), Gen.Bool.Select(value => (JsonNode?)value),
            Gen.Double[-1e6, 1e6].Select(value => (JsonNode?)value));
        var node = Gen.Recursive<JsonNode?>((depth, self) => depth > 3 ? leaf : Gen.OneOf(
            leaf,
            self.Array[0, 3].Select(items => (JsonNode?)new JsonArray([.. items.Select(item => item?.DeepClone())])),
            Gen.Select(name, self).Array[0, 4].Select(members => (JsonNode?)Object(members))));
        Gen.Select(node, Gen.String[1, 10], Gen.String[1, 10]).Sample((extra, secret, token) =>
        {
            var before = new JsonObject { ["x"] = extra?.DeepClone(), ["secret"] = secret,
                ["inner"] = new JsonObject { ["token"] = token, ["y"] = 1 } };
            var after = (JsonObject)before.DeepClone();
            after["secret"] = "NEW";
            after["inner"]!["token"] = "NEW";

            var rewritten = Walk(before.ToJsonString(), new Visitor("NEW"))!;

            Assert.True(JsonNode.DeepEquals(after, JsonNode.Parse(rewritten)), rewritten);
        }, iter: 2000);

        static JsonObject Object(IEnumerable<(string Name, JsonNode? Value)> members)
        {
            var result = new JsonObject();
            foreach (var (member, value) in members)
                result[member] = value?.DeepClone();
            return result;
        }
    }

    [Fact]
    public void Of_any_text_either_it_is_walked_or_it_is_named()
    {
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["{}[]\":,secretinner0truefalsnul\\ "], 0, 40]).Sample(text =>
        {
            var visitor = new Visitor(null);

            Walk(text, visitor);

            Assert.InRange(visitor.Malformed.Count, 0, 10);
        }, iter: 20_000);
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

    private static string? Walk(string stored, Visitor visitor)
    {
        var rewritten = new ArrayBufferWriter<byte>();
        return Column.Walk(Encoding.UTF8.GetBytes(stored), visitor, rewritten) ? Encoding.UTF8.GetString(rewritten.WrittenSpan) : null;
    }

    private sealed class Visitor(string? replacement) : IFieldVisitor
    {
        public List<string> Seen { get; } = [];

        public List<MalformedReason> Malformed { get; } = [];

        public bool VisitsEmpty { get; init; }

        public bool WantsObject { get; init; }

        public bool VisitObjectInString(EncryptedColumn column) => WantsObject;

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> writer)
        {
            Seen.Add(Encoding.UTF8.GetString(stored));
            if (replacement is null)
                return false;
            writer.Write(Encoding.UTF8.GetBytes(replacement));
            return true;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => Malformed.Add(reason);
    }
}
