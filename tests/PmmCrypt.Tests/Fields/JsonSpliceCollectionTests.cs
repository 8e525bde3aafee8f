using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Tests.Fields;

/// <summary>
/// Columns with lists and dictionaries: an object with the fields <c>list[].token</c>, <c>list[].more[].key</c>, <c>headers.*</c> and
/// <c>hosts.*.token</c>; an array of objects with the field <c>token</c>; a dictionary of nothing but secrets.
/// </summary>
public sealed class JsonSpliceCollectionTests
{
    private const string Each = EncryptedField.EachElement;
    private const string Every = EncryptedField.EachMember;

    private static readonly EncryptedField Token = new("options", StoredFormats.All, "list", Each, "token");
    private static readonly EncryptedField Key = new("options", StoredFormats.All, "list", Each, "more", Each, "key");
    private static readonly EncryptedField Header = new("options", StoredFormats.All, "headers", Every);
    private static readonly EncryptedField Host = new("options", StoredFormats.All, "hosts", Every, "token");
    private static readonly EncryptedColumn Options = EncryptedColumn.Json("options", WalkOptions, Token, Key, Header, Host);

    private static readonly EncryptedField Single = new("list", StoredFormats.All, Each, "token");
    private static readonly EncryptedColumn List = EncryptedColumn.JsonArray("list", WalkElement, Single);

    private static readonly EncryptedField Secret = new("secrets", StoredFormats.All, Every);
    private static readonly EncryptedColumn Secrets = EncryptedColumn.Json("secrets", WalkSecrets, Secret);

    [Fact]
    public void They_are_named_by_where_they_are()
    {
        Assert.Equal(
            ["options.list[].token", "options.list[].more[].key", "options.headers.*", "options.hosts.*.token"],
            Options.Fields.Select(field => field.Name));
        Assert.Equal(("list[].token", "secrets.*"), (Single.Name, Secret.Name));
        Assert.True(Single.IsRepeated && Secret.IsRepeated && Options.IsRepeated);
        Assert.True(List is { IsRepeated: true, IsArray: true, IsJson: true });
        Assert.False(new EncryptedField("options", StoredFormats.All, "list", "token").IsRepeated);
    }

    [Theory]
    [InlineData(
        """{ "n" : 1.50 , "list" : [ {"id": 1, "token" : "old" } , {"token":"old","token":"old"},{ } ] , "z" : [ {"token":"no"} ] }""",
        """{ "n" : 1.50 , "list" : [ {"id": 1, "token" : "NEW" } , {"token":"NEW","token":"NEW"},{ } ] , "z" : [ {"token":"no"} ] }""")]
    [InlineData(
        """{"list":[null,{"token":null},{"token":""},{"Token":"no","token":"\u006fld"}],"token":"no"}""",
        """{"list":[null,{"token":null},{"token":""},{"Token":"no","token":"NEW"}],"token":"no"}""")]
    [InlineData(
        """{"list":[{"more":[{"key":"old"},{"key":"old"}],"key":"no"},{"token":"old","more":[]},{"more":null}]}""",
        """{"list":[{"more":[{"key":"NEW"},{"key":"NEW"}],"key":"no"},{"token":"NEW","more":[]},{"more":null}]}""")]
    [InlineData(
        """{"headers" : {"a" : "old", "": "old" , "\ud800":"old","n":null,"e":""},"a":"no"}""",
        """{"headers" : {"a" : "NEW", "": "NEW" , "\ud800":"NEW","n":null,"e":""},"a":"no"}""")]
    [InlineData(
        """{"hosts":{"a":{"token":"old","n":[{"token":"no"}]},"b":null,"token":{"token":"old"}}}""",
        """{"hosts":{"a":{"token":"NEW","n":[{"token":"no"}]},"b":null,"token":{"token":"NEW"}}}""")]
    public void Each_of_their_values_is_replaced_and_every_other_byte_stays(string stored, string expected)
    {
        var visitor = new Visitor();

        Assert.Equal(expected, Walk(Options, stored, visitor));
        Assert.All(visitor.Seen, seen => Assert.Equal("old", seen.Value));
        Assert.Empty(visitor.Malformed);
    }

    [Theory]
    [InlineData("""[ {"token":"old"} ,{"n":1.50, "token":"old"}, null ]""", """[ {"token":"NEW"} ,{"n":1.50, "token":"NEW"}, null ]""")]
    [InlineData("[]", null)]
    [InlineData("null", null)]
    [InlineData("", null)]
    [InlineData("\"\"", null)]
    [InlineData("[null,null]", null)]
    [InlineData("""[{"list":[{"token":"no"}]}]""", null)]
    [InlineData("\"[{\\\"token\\\":\\\"old\\\"} ]\"", "\"[{\\\"token\\\":\\\"NEW\\\"} ]\"")]
    public void A_column_may_be_a_list_itself(string stored, string? expected)
    {
        var visitor = new Visitor();

        Assert.Equal(expected, Walk(List, stored, visitor));
        Assert.Empty(visitor.Malformed);
    }

    [Fact]
    public void And_a_dictionary_itself()
    {
        var visitor = new Visitor();

        Assert.Equal("""{"a": "NEW", "b" :"NEW"}""", Walk(Secrets, """{"a": "old", "b" :"old"}""", visitor));
        Assert.Equal([(Secret, "old"), (Secret, "old")], visitor.Seen);
    }

    [Fact]
    public void Values_are_shown_in_the_order_in_which_they_are_stored()
    {
        var visitor = new Visitor();

        Walk(
            Options,
            """{"hosts":{"x":{"token":"1"}},"list":[{"more":[{"key":"2"}],"token":"3"},{"token":"4"}],"headers":{"z":"5","a":"6"}}""",
            visitor);

        Assert.Equal([(Host, "1"), (Key, "2"), (Token, "3"), (Token, "4"), (Header, "5"), (Header, "6")], visitor.Seen);
    }

    [Theory]
    [InlineData("""{"list":{"token":"x"}}""", "options.list[].token NotAnArray")]
    [InlineData("""{"list":"x"}""", "options.list[].token NotAnArray")]
    [InlineData(
        """{"list":[1,[{"token":"x"}],true]}""",
        "options.list[].token NotAnObject|options.list[].token NotAnObject|options.list[].token NotAnObject")]
    [InlineData("""{"list":[{"token":["x"]}]}""", "options.list[].token NotAString")]
    [InlineData("""{"list":[{"token":"\ud800"}]}""", "options.list[].token NotUnicode")]
    [InlineData("""{"list":[{"more":{"key":"x"}}]}""", "options.list[].more[].key NotAnArray")]
    [InlineData("""{"headers":["x"]}""", "options.headers.* NotAnObject")]
    [InlineData("""{"headers":{"a":17,"b":{"c":"x"}}}""", "options.headers.* NotAString|options.headers.* NotAString")]
    [InlineData("""{"hosts":{"a":"x","b":[]}}""", "options.hosts.*.token NotAnObject|options.hosts.*.token NotAnObject")]
    [InlineData("""{"list":[{"token":"old"}""", "options.list[].token NotJson")]
    [InlineData("""{"list":[{"token":"old"},]}""", "options.list[].token NotJson")]
    [InlineData("""[{"token":"x"}]""", "options.list[].token NotAnObject")]
    public void What_cannot_be_one_of_their_values_is_named_and_left(string stored, string malformed)
    {
        var visitor = new Visitor();

        Assert.Null(Walk(Options, stored, visitor));
        Assert.Equal(malformed, string.Join('|', visitor.Malformed));
    }

    [Theory]
    [InlineData("{}", "list[].token NotAnArray")]
    [InlineData("""{"token":"x"}""", "list[].token NotAnArray")]
    [InlineData("17", "list[].token NotAnArray")]
    [InlineData("\"{}\"", "list[].token NotAnArray")]
    [InlineData("\"[[]]\"", "list[].token NotAnObject")]
    [InlineData("""[["x"],{"token":17}]""", "list[].token NotAnObject|list[].token NotAString")]
    [InlineData("""[{"token":"old"}""", "list[].token NotJson")]
    [InlineData("""[{"token":"old"}] x""", "list[].token NotJson")]
    public void Nor_can_anything_but_a_list_be_a_column_that_is_one(string stored, string malformed)
    {
        var visitor = new Visitor();

        Assert.Null(Walk(List, stored, visitor));
        Assert.Equal(malformed, string.Join('|', visitor.Malformed));
    }

    [Fact]
    public void Beside_what_cannot_be_walked_the_walk_goes_on()
    {
        var visitor = new Visitor();

        Assert.Equal(
            """{"list":[[{"token":"x"}],{"token":"NEW"}],"headers":{"a":["x"],"b":"NEW"}}""",
            Walk(Options, """{"list":[[{"token":"x"}],{"token":"old"}],"headers":{"a":["x"],"b":"old"}}""", visitor));
        Assert.Equal(["options.list[].token NotAnObject", "options.headers.* NotAString"], visitor.Malformed);
    }

    [Fact]
    public void Of_any_lists_and_dictionaries_only_the_values_change()
    {
        var text = Gen.String[Gen.Char["ab\"\\ /ключ\n"], 1, 6];
        var junk = Gen.OneOf(Gen.Const("null"), Gen.Const("1.50"), Gen.Const("[ {\"token\":\"no\"} ]"), text.Select(Literal));
        var token = Member("token", text);
        var key = Element(Gen.OneOf(Member("key", text), Junk()));
        var more = ListOf("more", key);
        var element = Element(Gen.OneOf(token, more, Junk()));
        var header = Gen.Select(text, text)
            .Select((name, value) => Pair($"{Literal(name)} : {Literal(value)}", $"{Literal(name)} : \"NEW\""));
        var host = Gen.Select(text, Element(Gen.OneOf(token, Junk()))).Select((name, value) => Around($"{Literal(name)}:", value));
        var member = Gen.OneOf(
            ListOf("list", element),
            Joined(header).Select(all => Around("\"headers\": {", all, "}")),
            Joined(host).Select(all => Around("\"hosts\": {", all, "}")),
            Junk());
        Joined(member).Select(all => Around(" {", all, "} ")).Sample(document =>
        {
            var visitor = new Visitor();

            var rewritten = Walk(Options, document.Before, visitor);

            Assert.Empty(visitor.Malformed);
            Assert.Equal(document.Before == document.After ? null : document.After, rewritten);
            Assert.Equal(visitor.Seen.Count > 0, rewritten is not null);
        }, iter: 3000);

        Gen<(string Before, string After)> Junk() =>
            Gen.Select(text, junk).Select((name, value) => Pair($"\"_{Literal(name)[1..]}: {value}"));
    }

    private static Gen<(string Before, string After)> Member(string name, Gen<string> text) =>
        text.Select(value => Pair($"\"{name}\" : {Literal(value)}", $"\"{name}\" : \"NEW\""));

    private static Gen<(string Before, string After)> Element(Gen<(string Before, string After)> member) =>
        Joined(member).Select(all => Around("{ ", all, "}"));

    private static Gen<(string Before, string After)> ListOf(string name, Gen<(string Before, string After)> element) =>
        Joined(Gen.OneOf(element, Gen.Const(Pair("null")))).Select(all => Around($"\"{name}\":[", all, " ]"));

    private static Gen<(string Before, string After)> Joined(Gen<(string Before, string After)> one) => one.Array[0, 4].Select(all =>
        (string.Join(" , ", all.Select(part => part.Before)), string.Join(" , ", all.Select(part => part.After))));

    private static (string Before, string After) Pair(string before, string? after = null) => (before, after ?? before);

    private static (string Before, string After) Around(string head, (string Before, string After) middle, string tail = "") =>
        (head + middle.Before + tail, head + middle.After + tail);

    private static string Literal(string text) => JsonSerializer.Serialize(text);

    private static void WalkOptions(ref JsonSplice json)
    {
        while (json.NextMember())
        {
            if (json.NameIs("list"u8))
            {
                if (!json.EnterArray(Token))
                    continue;
                while (json.NextElement(Token))
                    WalkListElement(ref json);
            }
            else if (json.NameIs("headers"u8))
            {
                if (!json.EnterObject(Header))
                    continue;
                while (json.NextMember())
                    json.Visit(Header);
            }
            else if (json.NameIs("hosts"u8))
            {
                if (!json.EnterObject(Host))
                    continue;
                while (json.NextMember())
                {
                    if (json.EnterObject(Host))
                        WalkMember(ref json, "token", Host);
                }
            }
            else
            {
                json.Skip();
            }
        }
    }

    private static void WalkListElement(ref JsonSplice json)
    {
        while (json.NextMember())
        {
            if (json.NameIs("token"u8))
            {
                json.Visit(Token);
            }
            else if (json.NameIs("more"u8))
            {
                if (!json.EnterArray(Key))
                    continue;
                while (json.NextElement(Key))
                    WalkMember(ref json, "key", Key);
            }
            else
            {
                json.Skip();
            }
        }
    }

    private static void WalkElement(ref JsonSplice json) => WalkMember(ref json, "token", Single);

    private static void WalkSecrets(ref JsonSplice json)
    {
        while (json.NextMember())
            json.Visit(Secret);
    }

    private static void WalkMember(ref JsonSplice json, string name, EncryptedField field)
    {
        while (json.NextMember())
        {
            if (json.NameIs(Encoding.UTF8.GetBytes(name)))
                json.Visit(field);
            else
                json.Skip();
        }
    }

    private static string? Walk(EncryptedColumn column, string stored, Visitor visitor)
    {
        var rewritten = new ArrayBufferWriter<byte>();
        return column.Walk(Encoding.UTF8.GetBytes(stored), visitor, rewritten) ? Encoding.UTF8.GetString(rewritten.WrittenSpan) : null;
    }

    private sealed class Visitor : IFieldVisitor
    {
        public List<(EncryptedField Field, string Value)> Seen { get; } = [];

        public List<string> Malformed { get; } = [];

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            Seen.Add((field, Encoding.UTF8.GetString(stored)));
            replacement.Write("NEW"u8);
            return true;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason) => Malformed.Add($"{field.Name} {reason}");
    }
}
