using System.Buffers;
using System.Text.Json;
using PmmCrypt.Fields;

namespace PmmCrypt.Metadata;

/// <summary>Walks the members of the JSON object that <paramref name="json"/> stands in, and visits the encrypted values in it.</summary>
/// <param name="json">The splice, standing inside an object.</param>
public delegate void JsonMembersWalk(ref JsonSplice json);

/// <summary>A column that holds encrypted values: a value itself, or a JSON document with encrypted members.</summary>
public sealed class EncryptedColumn
{
    private readonly JsonMembersWalk? _members;

    private EncryptedColumn(string name, IReadOnlyList<EncryptedField> fields, JsonMembersWalk? members, bool isArray = false)
    {
        Name = name;
        Fields = fields;
        IsArray = isArray;
        IsRepeated = fields.Any(field => field.IsRepeated);
        _members = members;
    }

    /// <summary>A text column whose value is the field.</summary>
    public static EncryptedColumn Text(EncryptedField field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return new EncryptedColumn(field.Column, [field], null);
    }

    /// <summary>A column that holds a JSON object, some of whose members are fields.</summary>
    /// <param name="name">The column's name in the database, unquoted.</param>
    /// <param name="members">The generated walk over the object's members.</param>
    /// <param name="fields">Every field that the walk can visit.</param>
    public static EncryptedColumn Json(string name, JsonMembersWalk members, params EncryptedField[] fields)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(members);
        return new EncryptedColumn(name, fields, members);
    }

    /// <summary>A column that holds a JSON array of objects, some of whose members are fields.</summary>
    /// <param name="name">The column's name in the database, unquoted.</param>
    /// <param name="members">The generated walk over the members of one of the objects.</param>
    /// <param name="fields">Every field that the walk can visit.</param>
    public static EncryptedColumn JsonArray(string name, JsonMembersWalk members, params EncryptedField[] fields)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(members);
        return new EncryptedColumn(name, fields, members, isArray: true);
    }

    /// <summary>The column's name in the database, unquoted.</summary>
    public string Name { get; }

    /// <summary>Whether the column holds a JSON document rather than the value itself.</summary>
    public bool IsJson => _members is not null;

    /// <summary>Whether its JSON document is an array of objects rather than an object.</summary>
    public bool IsArray { get; }

    /// <summary>Whether a row may hold several values of one of its fields, <see cref="EncryptedField.IsRepeated"/>.</summary>
    public bool IsRepeated { get; }

    /// <summary>The fields within this column.</summary>
    public IReadOnlyList<EncryptedField> Fields { get; }

    /// <summary>Whether any of its fields is encrypted where values are stored in <paramref name="format"/>.</summary>
    public bool IsEncryptedIn(StoredFormat format) => Fields.Any(field => field.IsEncryptedIn(format));

    /// <summary>
    /// Shows every value of this column's fields to <paramref name="visitor"/>, and writes the column with the replacements it asks for.
    /// </summary>
    /// <param name="stored">The column as stored, UTF-8; not SQL NULL.</param>
    /// <param name="visitor">Who looks at the values, and may replace them.</param>
    /// <param name="rewritten">
    /// Takes the whole column as it is to be stored. What stands between the fields is copied as it is: order, spacing, numbers and
    /// members that the entity class does not know. Meaningful only where the result is true.
    /// </param>
    /// <returns>Whether anything was replaced.</returns>
    /// <remarks>
    /// A JSON column may hold an object (or an array of them, where it is declared so), JSON null (nothing is visited), or a string that
    /// holds the object, which PMM's own migration left in places: that is read, and stays a string unless the visitor asks for the object
    /// (<see cref="IFieldVisitor.VisitObjectInString"/>). Anything else is shown to the visitor as malformed.
    /// </remarks>
    public bool Walk(ReadOnlySpan<byte> stored, IFieldVisitor visitor, IBufferWriter<byte> rewritten)
    {
        ArgumentNullException.ThrowIfNull(visitor);
        ArgumentNullException.ThrowIfNull(rewritten);
        if (_members is null)
            return (!stored.IsEmpty || visitor.VisitsEmpty) && visitor.Visit(Fields[0], stored, rewritten);
        try
        {
            return JsonSplice.Walk(stored, this, _members, visitor, rewritten);
        }
        catch (JsonException)
        {
            visitor.VisitMalformed(Fields[0], MalformedReason.NotJson);
            return false;
        }
    }
}
