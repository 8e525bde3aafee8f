using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using PmmCrypt.Metadata;

namespace PmmCrypt.Fields;

/// <summary>
/// Reads a stored JSON document once, front to back, and writes it again with some string values replaced. Every byte between them is
/// copied as it is: members that nobody declared, their order, their spacing and the digits of their numbers.
/// </summary>
/// <remarks>
/// Generated code drives it, as a <see cref="JsonMembersWalk"/>: inside an object, <see cref="NextMember"/> until it says no, and for
/// each member one of <see cref="Visit"/>, <see cref="EnterObject"/>, <see cref="EnterArray"/> or <see cref="Skip"/>, by
/// <see cref="NameIs"/>; inside an array, <see cref="NextElement"/> until it says no. A member that stands twice in a document is visited
/// twice.
/// </remarks>
public ref struct JsonSplice
{
    // A document is walked no deeper than its class is nested; what is skipped may be as deep as the database allows.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? Scratch;

    private readonly ReadOnlySpan<byte> _document;
    private readonly IFieldVisitor _visitor;
    private readonly IBufferWriter<byte> _rewritten;
    private Utf8JsonReader _reader;
    private int _copied;
    private bool _replaced;

    private JsonSplice(ReadOnlySpan<byte> document, IFieldVisitor visitor, IBufferWriter<byte> rewritten)
    {
        _document = document;
        _visitor = visitor;
        _rewritten = rewritten;
        _reader = new Utf8JsonReader(document, Options);
    }

    internal static bool Walk(
        ReadOnlySpan<byte> document, EncryptedColumn column, JsonMembersWalk members, IFieldVisitor visitor, IBufferWriter<byte> rewritten)
    {
        if (document.IsEmpty)
            return false;
        if (!Utf8.IsValid(document))        // which the reader does not look at: such bytes would be seen as text, or written as other ones
        {
            visitor.VisitMalformed(column.Fields[0], MalformedReason.NotJson);
            return false;
        }

        var splice = new JsonSplice(document, visitor, rewritten);
        splice._reader.Read();
        switch (splice._reader.TokenType)
        {
            case JsonTokenType.String:
                splice.WalkString(column, members);
                break;
            case JsonTokenType.Null:
                break;
            default:
                WalkDocument(ref splice, column, members);
                break;
        }

        return splice.Finish();
    }

    /// <summary>Moves to the next member of the object that the splice stands in. False at the object's end.</summary>
    public bool NextMember() => _reader.Read() && _reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>Whether the current member has this name, however its characters are escaped in the document.</summary>
    public readonly bool NameIs(ReadOnlySpan<byte> name)
    {
        try
        {
            return _reader.ValueTextEquals(name);
        }
        catch (InvalidOperationException)   // the reader's word for a lone surrogate, which no declared name has
        {
            return false;
        }
    }

    /// <summary>Shows the current member's value to the visitor. JSON null is passed over, and the empty string by most visitors.</summary>
    public void Visit(EncryptedField field)
    {
        _reader.Read();
        switch (_reader.TokenType)
        {
            case JsonTokenType.String when _reader.ValueSpan.IsEmpty && !_visitor.VisitsEmpty:
            case JsonTokenType.Null:
                break;
            case JsonTokenType.String:
                VisitString(field);
                break;
            default:
                Malformed(field, MalformedReason.NotAString);
                _reader.Skip();
                break;
        }
    }

    /// <summary>
    /// Moves into the current member's object. False where it is JSON null, or no object: <paramref name="first"/> is then reported.
    /// </summary>
    /// <param name="first">The first field within the object, to name in a report.</param>
    public bool EnterObject(EncryptedField first)
    {
        _reader.Read();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return true;
            case JsonTokenType.Null:
                return false;
            default:
                Malformed(first, MalformedReason.NotAnObject);
                _reader.Skip();
                return false;
        }
    }

    /// <summary>
    /// Moves into the current member's array. False where it is JSON null, or no array: <paramref name="first"/> is then reported.
    /// </summary>
    /// <param name="first">The first field within the array's objects, to name in a report.</param>
    public bool EnterArray(EncryptedField first)
    {
        _reader.Read();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartArray:
                return true;
            case JsonTokenType.Null:
                return false;
            default:
                Malformed(first, MalformedReason.NotAnArray);
                _reader.Skip();
                return false;
        }
    }

    /// <summary>
    /// Moves into the next object of the array that the splice stands in, past elements that are JSON null, and past those that are
    /// neither: for these <paramref name="first"/> is reported. False at the array's end.
    /// </summary>
    /// <param name="first">The first field within the array's objects, to name in a report.</param>
    public bool NextElement(EncryptedField first)
    {
        while (_reader.Read())
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    return true;
                case JsonTokenType.EndArray:
                    return false;
                case JsonTokenType.Null:
                    break;
                default:
                    Malformed(first, MalformedReason.NotAnObject);
                    _reader.Skip();
                    break;
            }
        }

        return false;
    }

    /// <summary>Passes over the current member's value.</summary>
    public void Skip() => _reader.Skip();

    /// <summary>Walks the document at whose beginning the splice stands. False where it is none of its column.</summary>
    private static bool WalkDocument(ref JsonSplice splice, EncryptedColumn column, JsonMembersWalk members)
    {
        var first = column.Fields[0];
        var isArray = splice._reader.TokenType == JsonTokenType.StartArray;
        if (isArray != column.IsArray || (!isArray && splice._reader.TokenType != JsonTokenType.StartObject))
        {
            splice.Malformed(first, column.IsArray ? MalformedReason.NotAnArray : MalformedReason.NotAnObject);
            return false;
        }

        if (!isArray)
            members(ref splice);
        while (isArray && splice.NextElement(first))
            members(ref splice);
        return true;
    }

    private void VisitString(EncryptedField field)
    {
        if (!TryUnescape(out var value, out var unescaped))
        {
            Malformed(field, MalformedReason.NotUnicode);
            return;
        }

        var replacement = Interlocked.Exchange(ref Scratch, null) ?? new ArrayBufferWriter<byte>();
        try
        {
            if (_visitor.Visit(field, value, replacement))
                Replace(replacement.WrittenSpan);
        }
        finally
        {
            replacement.Clear();            // zeroes what was written: it may have been a plaintext
            Scratch = replacement;
            Return(unescaped);
        }
    }

    /// <summary>
    /// A document that is a JSON string: its text is the document. It is walked there, and stays a string unless the visitor wants it as it
    /// is meant.
    /// </summary>
    private void WalkString(EncryptedColumn column, JsonMembersWalk members)
    {
        if (_reader.ValueSpan.IsEmpty)
            return;
        if (!TryUnescape(out var inner, out var unescaped))
        {
            Malformed(column.Fields[0], MalformedReason.NotUnicode);
            return;
        }

        var rewritten = new ArrayBufferWriter<byte>(inner.Length);
        try
        {
            var splice = new JsonSplice(inner, _visitor, rewritten);
            splice._reader.Read();
            if (!WalkDocument(ref splice, column, members))
                return;
            var replaced = splice.Finish();
            var document = replaced ? rewritten.WrittenSpan : inner;
            if (JsonFitness.IsStorable(inner) && _visitor.VisitObjectInString(column))
                ReplaceBy(document);
            else if (replaced)
                Replace(document);
        }
        finally
        {
            rewritten.Clear();              // likewise
            Return(unescaped);
        }
    }

    /// <summary>Copies what stands before the current string, then <paramref name="text"/> as a JSON string in its place.</summary>
    private void Replace(ReadOnlySpan<byte> text)
    {
        CopyToString();
        _rewritten.Write("\""u8);
        WriteEscaped(text);
        _rewritten.Write("\""u8);
    }

    /// <summary>Copies what stands before the current string, then <paramref name="json"/> as it is in its place.</summary>
    private void ReplaceBy(ReadOnlySpan<byte> json)
    {
        CopyToString();
        _rewritten.Write(json);
    }

    private void CopyToString()
    {
        _rewritten.Write(_document[_copied..(int)_reader.TokenStartIndex]);
        _copied = (int)_reader.BytesConsumed;
        _replaced = true;
    }

    private readonly void WriteEscaped(ReadOnlySpan<byte> text)
    {
        var encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        while (encoder.FindFirstCharacterToEncodeUtf8(text) is >= 0 and var plain)
        {
            _rewritten.Write(text[..plain]);
            text = text[plain..];
            encoder.EncodeUtf8(text, _rewritten.GetSpan(Math.Min(text.Length, 1024) * 6), out var consumed, out var written);
            _rewritten.Advance(written);
            text = text[consumed..];
        }

        _rewritten.Write(text);
    }

    /// <summary>Reads to the end, which proves that the whole document is JSON, and copies the rest.</summary>
    private bool Finish()
    {
        while (_reader.Read())
        {
        }

        if (!_replaced)
            return false;
        _rewritten.Write(_document[_copied..]);
        return true;
    }

    private readonly bool TryUnescape(out ReadOnlySpan<byte> value, out byte[]? rented)
    {
        rented = null;
        value = _reader.ValueSpan;
        if (!_reader.ValueIsEscaped)
            return true;
        rented = ArrayPool<byte>.Shared.Rent(value.Length);
        try
        {
            value = rented.AsSpan(0, _reader.CopyString(rented));
            return true;
        }
        catch (InvalidOperationException)   // the reader's word for a lone surrogate
        {
            Return(rented);
            rented = null;
            return false;
        }
    }

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
    }

    private readonly void Malformed(EncryptedField field, MalformedReason reason) => _visitor.VisitMalformed(field, reason);
}
