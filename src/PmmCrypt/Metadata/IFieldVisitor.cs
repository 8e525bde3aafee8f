using System.Buffers;

namespace PmmCrypt.Metadata;

/// <summary>Looks at the stored values of a row's fields, and may replace them: rotation, encryption and counting are visitors.</summary>
public interface IFieldVisitor
{
    /// <summary>Whether it is shown the empty string too, to put something into its place.</summary>
    bool VisitsEmpty => false;

    /// <summary>
    /// Called for each field that holds a value: not for SQL NULL, JSON null or an absent member, nor for the empty string, unless
    /// <see cref="VisitsEmpty"/>. Of a field in a list or a dictionary, for each of its values, in the order in which they are stored.
    /// </summary>
    /// <param name="field">The field.</param>
    /// <param name="stored">Its value as stored, UTF-8, free of JSON escapes.</param>
    /// <param name="replacement">Takes the value that replaces it, UTF-8, free of JSON escapes.</param>
    /// <returns>Whether the value is to be replaced by what was written to <paramref name="replacement"/>.</returns>
    bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement);

    /// <summary>Called where something stands that cannot be a value of the field. Nothing of the column will be replaced.</summary>
    /// <param name="field">The field, or the column's first where the whole column is wrong.</param>
    /// <param name="reason">What is wrong.</param>
    void VisitMalformed(EncryptedField field, MalformedReason reason);

    /// <summary>
    /// Called where a column's document is a JSON string that holds the object, after what is in it was visited. Not called where that
    /// object could not be stored by itself in every database: not all text that a string may hold is a document that jsonb takes.
    /// </summary>
    /// <param name="column">The column.</param>
    /// <returns>Whether the object is to stand in the string's place, as PMM stores it; else it stays within its string.</returns>
    bool VisitObjectInString(EncryptedColumn column) => false;
}

/// <summary>Why a stored column cannot be walked.</summary>
public enum MalformedReason
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>The column is not a JSON document.</summary>
    NotJson,

    /// <summary>The column's document, or an object on the way to the field, is of another JSON type; so is a list's element.</summary>
    NotAnObject,

    /// <summary>The field is a JSON number, Boolean, array or object instead of a string.</summary>
    NotAString,

    /// <summary>The string cannot be written as UTF-8: it has a lone surrogate.</summary>
    NotUnicode,

    /// <summary>The column's document, or a list on the way to the field, is of another JSON type.</summary>
    NotAnArray,
}
