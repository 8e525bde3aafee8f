using System.Buffers;
using System.Text;
using CsCheck;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Losses;

namespace PmmCrypt.Rotation.Tests;

/// <summary>
/// Each value of a document has a place of its own, and has it still when the document was written anew: of a column with the fields
/// <c>list[].token</c>, <c>headers.*</c> and <c>hosts.*.keys[].key</c>.
/// </summary>
public sealed class ValuePlacesTests
{
    private static readonly EncryptedField Token = new("c", StoredFormats.All, "list", "[]", "token");
    private static readonly EncryptedField Header = new("c", StoredFormats.All, "headers", "*");
    private static readonly EncryptedField Key = new("c", StoredFormats.All, "hosts", "*", "keys", "[]", "key");
    private static readonly EncryptedColumn Column = EncryptedColumn.Json("c", WalkColumn, Token, Header, Key);

    [Theory]
    [InlineData("""{"list":[{"a":1,"token":"1"},{"a":2,"token":"2"}]}""", """{"list":[{"a":2,"token":"2"},{"a":1,"token":"1"}]}""")]
    [InlineData(
        """{"list":[{"a":1,"token":"1"},{"a":2,"token":"2"}]}""",
        """{ "list" : [ null , {"token":"2","\u0061" : 2 }, {"a":1,"token":"1"} ]}""")]
    [InlineData("""{"list":[{"token":"1"},{"token":"2"}]}""", """{"list":[{"token":"1"},{"a":null},{"token":"2"}]}""")]
    [InlineData("""{"list":[{"a":"é\n","token":"1"}]}""", """{"list":[{"a":"\u00e9\u000a","token":"1"}],"x":{"list":[{"token":"no"}]}}""")]
    [InlineData("""{"headers":{"a":"1","b":"2"}}""", """{"headers":{"c":"","b":"2","a":"1"}}""")]
    [InlineData(
        """{"hosts":{"x":{"keys":[{"n":1,"key":"1"},{"n":2,"key":"2"}]},"y":{"keys":[{"n":1,"key":"3"}]}}}""",
        """
        {"hosts":{"y":{"m":0,"keys":[{"n":1,"key":"3"}]},"z":{"keys":[{"n":1,"key":""}]},
         "x":{"keys":[{"n":2,"key":"2"},{"n":1,"key":"1"}]}}}
        """)]
    [InlineData("""{"list":[{"a":1,"token":"1"}]}""", "\"{\\\"list\\\":[{\\\"a\\\":1, \\\"token\\\":\\\"1\\\"}]}\"")]
    [InlineData("""{"list":[{"token":"1","token":"2"}]}""", """{"list":[{"token":"1","token":"2"}]}""")]
    [InlineData("""{"list":[{"a":1,"token":"1"}]}""", """{"l\u0069st":[{"a":1,"t\u006fken":"1"}]}""")]
    public void A_value_keeps_its_place_wherever_that_stands(string before, string after)
    {
        var places = Places(before);

        var found = Places(after);

        Assert.Equal(places.Count, places.Select(place => place.Place).Distinct().Count());
        Assert.Equal(
            places.OrderBy(place => place.Value, StringComparer.Ordinal),
            found.Where(place => place.Value.Length > 0).OrderBy(place => place.Value, StringComparer.Ordinal));
    }

    [Fact]
    public void Why_it_is_not_found_is_said()
    {
        var places = Places("""{"list":[{"token":"1"}],"headers":{"a":"2"}}""");

        Assert.Equal(
            ["its element of the list is gone, or has changed", "its place is gone"], places.Select(place => place.Place.WhyGone));
    }

    [Theory]
    [InlineData("""{"list":[{"a":1,"token":"1"}]}""", """{"list":[{"a":2,"token":"1"}]}""")]
    [InlineData("""{"list":[{"a":1,"token":"1"}]}""", """{"list":[{"a":"1","token":"1"}]}""")]
    [InlineData("""{"list":[{"a":1,"token":"1"}]}""", """{"list":[{"a":1,"b":null,"token":"1"}]}""")]
    [InlineData("""{"list":[{"a":[1],"token":"1"}]}""", """{"list":[{"a":[[1]],"token":"1"}]}""")]
    [InlineData("""{"list":[{"token":"1"},{"token":"1"}]}""", """{"list":[{"token":"1"}]}""")]
    [InlineData("""{"list":[{"a":"bc","token":"1"}]}""", """{"list":[{"ab":"c","token":"1"}]}""")]
    [InlineData("""{"list":[{"a":1,"token":"1"}]}""", """{"list":[{"b":1,"token":"1"}]}""")]
    [InlineData("""{"list":[{"x":"1","y":"2","token":"1"}]}""", """{"list":[{"x":"1\u0005y\u00072","token":"1"}]}""")]
    [InlineData("""{"headers":{"a":"1"}}""", """{"headers":{"A":"1"}}""")]
    [InlineData("""{"hosts":{"x":{"keys":[{"key":"1"}]}}}""", """{"hosts":{"y":{"keys":[{"key":"1"}]}}}""")]
    public void What_has_changed_is_another_place(string before, string after)
    {
        Assert.NotEmpty(Places(before));
        Assert.NotEmpty(Places(after));
        Assert.Empty(Places(before).Select(place => place.Place).Intersect(Places(after).Select(place => place.Place)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("17")]
    [InlineData("\"\"")]
    [InlineData("\"\\\"x\\\"\"")]
    [InlineData("""{"list":{"token":"x"},"headers":["x"],"hosts":{"a":"x","b":{"keys":{"key":"x"}}}}""")]
    [InlineData("""{"list":["x",[{"token":"x"}],{"token":["x"]},{"token":null}]}""")]
    [InlineData("""{"list":[{"token":"\ud800"}]}""")]
    public void Where_no_value_is_there_is_no_place(string document) => Assert.Empty(Places(document));

    [Fact]
    public void Of_what_is_no_JSON_no_place_is_told()
    {
        var places = new ValuePlaces(Column);

        places.Read("""{"list":[{"token":"x"}"""u8);

        Assert.Null(places.Next(Token));
    }

    [Theory]
    [InlineData("""{"list":[{"a":1,"token":"x"}]}""")]
    [InlineData("""{"list":[{"a":1,"token":"x"},{"b":""")]
    public void A_document_is_read_as_if_none_had_been_read_before(string before)
    {
        var places = new ValuePlaces(Column);
        places.Read(Encoding.UTF8.GetBytes(before));

        places.Read("""{"list":[{"c":3,"token":"y"}]}"""u8);

        Assert.Equal(Places("""{"list":[{"c":3,"token":"y"}]}""")[0].Place, places.Next(Token));
        Assert.Null(places.Next(Token));
    }

    [Fact]
    public void Of_what_is_not_UTF8_no_place_is_told()
    {
        var document = Encoding.UTF8.GetBytes("""{"list":[{"token":"x", "a": "?"}]}""");
        document[Array.IndexOf(document, (byte)'?')] = 0xff;
        var places = new ValuePlaces(Column);

        places.Read(document);

        Assert.Null(places.Next(Token));
    }

    [Fact]
    public void Of_a_column_without_lists_a_field_is_the_place_and_a_member_that_stands_twice_is_two()
    {
        var field = new EncryptedField("password", StoredFormats.All);
        var places = new ValuePlaces(EncryptedColumn.Text(field));

        places.Read("not JSON"u8);
        Assert.Equal(new ValuePlace(field, "", IsInList: false), places.Next(field));
        Assert.Equal(new ValuePlace(field, "#2", IsInList: false), places.Next(field));
        places.Read("again"u8);
        Assert.Equal(new ValuePlace(field, "", IsInList: false), places.Next(field));
    }

    [Fact]
    public void Of_any_document_each_value_that_the_walk_shows_has_one_place()
    {
        string[] names = ["list", "token", "headers", "hosts", "keys", "key", "a", "\\u0061", "\\ud800", ""];
        var name = Gen.Int[0, names.Length - 1].Select(i => names[i]);
        var leaf = Gen.Int[0, 6].Select(kind => kind switch { 0 => "null", 1 => "17", 2 => "\"\"", 3 => "\"\\ud800\"", _ => "\"old\"" });
        var value = Gen.Recursive<string>((depth, self) => depth > 5 ? leaf : Gen.OneOf(
            leaf,
            self.Array[0, 3].Select(items => $"[{string.Join(" ,", items)}]"),
            Gen.Select(name, self, (key, item) => $"\"{key}\": {item}").Array[0, 4]
                .Select(members => $"{{{string.Join(", ", members)}}}")));
        var fitting = Gen.Select(value, value, value, value, (a, b, c, d) =>
            $$"""
            {"list": [{"token": {{a}}, "a": {{b}} }, {"token": "x"}, {{c}} ], "headers": {{d}} ,
             "hosts": {"a": {"keys": [{{d}}, {"key": {{a}} }]} } }
            """);
        Gen.OneOf(value, fitting).Sample(document =>
        {
            var places = Places(document);      // and each is told, or this fails

            Assert.Equal(places.Count, places.Select(place => place.Place).Distinct().Count());
        }, iter: 5000);
    }

    /// <summary>Every value that the walk shows, with its place.</summary>
    private static List<(ValuePlace Place, string Value)> Places(string document)
    {
        var stored = Encoding.UTF8.GetBytes(document);
        var places = new ValuePlaces(Column);
        places.Read(stored);
        var visitor = new Visitor(places);
        Column.Walk(stored, visitor, new ArrayBufferWriter<byte>());
        Assert.All(Column.Fields, field => Assert.Null(places.Next(field)));
        return visitor.Found;
    }

    private static void WalkColumn(ref JsonSplice json)
    {
        while (json.NextMember())
        {
            if (json.NameIs("list"u8))
                WalkList(ref json, "token", Token);
            else if (json.NameIs("headers"u8))
                WalkHeaders(ref json);
            else if (json.NameIs("hosts"u8))
                WalkHosts(ref json);
            else
                json.Skip();
        }
    }

    private static void WalkHeaders(ref JsonSplice json)
    {
        if (!json.EnterObject(Header))
            return;
        while (json.NextMember())
            json.Visit(Header);
    }

    private static void WalkHosts(ref JsonSplice json)
    {
        if (!json.EnterObject(Key))
            return;
        while (json.NextMember())
        {
            if (!json.EnterObject(Key))
                continue;
            while (json.NextMember())
            {
                if (json.NameIs("keys"u8))
                    WalkList(ref json, "key", Key);
                else
                    json.Skip();
            }
        }
    }

    private static void WalkList(ref JsonSplice json, string name, EncryptedField field)
    {
        if (!json.EnterArray(field))
            return;
        while (json.NextElement(field))
        {
            while (json.NextMember())
            {
                if (json.NameIs(Encoding.UTF8.GetBytes(name)))
                    json.Visit(field);
                else
                    json.Skip();
            }
        }
    }

    private sealed class Visitor(ValuePlaces places) : IFieldVisitor
    {
        public List<(ValuePlace Place, string Value)> Found { get; } = [];

        public bool VisitsEmpty => true;

        public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
        {
            Found.Add((places.Next(field)!.Value, Encoding.UTF8.GetString(stored)));
            return false;
        }

        public void VisitMalformed(EncryptedField field, MalformedReason reason)
        {
            // It has no place.
        }
    }
}
