using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Losses;

/// <summary>
/// Tells the places of a column apart at which a field has values: what was taken out of one element of a list must not be put into
/// another.
/// </summary>
/// <remarks>
/// <para>
/// A dictionary's value is found by its key. An element of a list has no name, and its number says little: others may have been added
/// before it, or taken away. So it is found by what else is in it, all but encrypted values, wherever in its list it stands by now. Of
/// elements that are alike in that, each is found by its number among them, as long as there are as many of them.
/// </para>
/// <para>
/// A document is read here as its column's own walk reads it, so that the strings at fields are the same ones in the same order. Only the
/// steps of fields are gone into; what else there is may be as deep as the database allows.
/// </para>
/// </remarks>
internal sealed class ValuePlaces
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    private readonly Step _root = new();
    private readonly List<Place> _places = [];
    private readonly List<Element> _elements = [];      // those that the reader stands in
    private readonly bool _isRepeated;
    private readonly Dictionary<(EncryptedField, string), int> _met = [];
    private int _next;

    public ValuePlaces(EncryptedColumn column)
    {
        _isRepeated = column.IsRepeated;
        foreach (var field in column.Fields)
        {
            var step = _root;
            foreach (var name in field.Path)
                step = step.Inner.TryGetValue(name, out var known) ? known : step.Inner[name] = new Step();
            step.Field = field;
        }
    }

    /// <summary>Reads a column, UTF-8, of which then a walk with empty values asks <see cref="Next"/> for the place of each.</summary>
    public void Read(ReadOnlySpan<byte> stored)
    {
        _places.Clear();
        _elements.Clear();
        _met.Clear();
        _next = 0;
        if (!_isRepeated)
            return;
        try
        {
            ReadDocument(stored);
        }
        catch (JsonException)
        {
            _places.Clear();        // no value of it is to be put anywhere
        }
    }

    /// <summary>The place of the value that the walk is at; null where it cannot be told.</summary>
    public ValuePlace? Next(EncryptedField field)
    {
        var which = "";
        if (_isRepeated)
        {
            if (_next >= _places.Count || _places[_next].Field != field)
                return null;
            which = _places[_next++].ToString();
        }

        // A member may stand twice in its object.
        var number = _met[(field, which)] = _met.GetValueOrDefault((field, which)) + 1;
        return new ValuePlace(
            field, number == 1 ? which : string.Create(CultureInfo.InvariantCulture, $"{which}#{number}"),
            field.Path.Contains(EncryptedField.EachElement));
    }

    private void ReadDocument(ReadOnlySpan<byte> stored)
    {
        if (stored.IsEmpty || !Utf8.IsValid(stored))
            return;
        var reader = new Utf8JsonReader(stored, Options);
        reader.Read();
        if (reader.TokenType == JsonTokenType.String && Text(reader) is { Length: > 0 } inner)
        {
            reader = new Utf8JsonReader(inner, Options);
            reader.Read();
        }

        ReadValue(ref reader, _root, "");
    }

    /// <summary>Reads the value at whose beginning the reader stands.</summary>
    private void ReadValue(ref Utf8JsonReader reader, Step step, string names)
    {
        if (reader.TokenType == JsonTokenType.StartArray && step.Inner.TryGetValue(EncryptedField.EachElement, out var each))
            ReadArray(ref reader, each, names);
        else if (reader.TokenType == JsonTokenType.StartObject && step.Inner.Count > 0
            && !step.Inner.ContainsKey(EncryptedField.EachElement))
            ReadObject(ref reader, step, names);
        else
            ReadClear(ref reader);
    }

    private void ReadArray(ref Utf8JsonReader reader, Step each, string names)
    {
        var elements = new List<Element>();
        Note(reader);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                ReadClear(ref reader);
                continue;
            }

            var element = new Element(_elements.LastOrDefault(), names);
            elements.Add(element);
            _elements.Add(element);
            ReadObject(ref reader, each, "");
            _elements.RemoveAt(_elements.Count - 1);
        }

        Note(reader);
        foreach (var alike in elements.GroupBy(element => element.Content).Select(group => group.ToArray()))
        {
            for (var i = 0; i < alike.Length; i++)
                alike[i].Name = string.Create(CultureInfo.InvariantCulture, $"{alike[i].Content} {i + 1} of {alike.Length}");
        }
    }

    private void ReadObject(ref Utf8JsonReader reader, Step step, string names)
    {
        Note(reader);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader;
            var text = Encoding.UTF8.GetString(Text(name) ?? name.ValueSpan);
            var isEach = step.Inner.TryGetValue(EncryptedField.EachMember, out var inner);
            if (!isEach)
                inner = step.Inner.GetValueOrDefault(text);
            var innerNames = isEach ? string.Create(CultureInfo.InvariantCulture, $"{names}/{text.Length}:{text}") : names;
            reader.Read();
            if (inner?.Field is { } field && reader.TokenType is JsonTokenType.String or JsonTokenType.Null)
            {
                if (reader.TokenType == JsonTokenType.String && Text(reader) is not null)
                    _places.Add(new Place(field, _elements.LastOrDefault(), innerNames));
                continue;       // not a part of what an element is known by
            }

            Note(name);
            ReadValue(ref reader, inner ?? Step.None, innerNames);
        }

        Note(reader);
    }

    private void ReadClear(ref Utf8JsonReader reader)
    {
        Note(reader);
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return;
        var depth = reader.CurrentDepth;
        while (reader.Read())
        {
            Note(reader);
            if (reader.CurrentDepth == depth)
                break;
        }
    }

    /// <summary>Takes a token into what the elements around it are known by, free of spacing and escapes.</summary>
    private void Note(in Utf8JsonReader reader)
    {
        if (_elements.Count == 0)
            return;
        var text = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? Text(reader) : null;
        foreach (var element in _elements)
            element.Note(reader.TokenType, text ?? reader.ValueSpan);
    }

    /// <summary>The text of a string or a name; null where it has a lone surrogate.</summary>
    private static byte[]? Text(in Utf8JsonReader reader)
    {
        try
        {
            var text = new byte[reader.ValueSpan.Length];
            return text[..reader.CopyString(text)];
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A step on the way to fields.</summary>
    private sealed class Step
    {
        public static readonly Step None = new();

        public Dictionary<string, Step> Inner { get; } = new(StringComparer.Ordinal);

        public EncryptedField? Field { get; set; }
    }

    /// <summary>An element of a list.</summary>
    private sealed class Element(Element? around, string names)
    {
        private readonly ArrayBufferWriter<byte> _content = new();
        private string? _hash;

        /// <summary>What it is known by, but for elements that are alike.</summary>
        public string Content => _hash ??= Convert.ToHexString(SHA256.HashData(_content.WrittenSpan));

        public string Name { get; set; } = "";

        public void Note(JsonTokenType type, ReadOnlySpan<byte> text)
        {
            _content.Write([(byte)type]);
            BinaryPrimitives.WriteInt32BigEndian(_content.GetSpan(sizeof(int)), text.Length);
            _content.Advance(sizeof(int));
            _content.Write(text);
        }

        public override string ToString() => $"{around}{names}[{Name}]";
    }

    /// <summary>A string at a field.</summary>
    private sealed record Place(EncryptedField Field, Element? In, string Names)
    {
        public override string ToString() => $"{In}{Names}";
    }
}
