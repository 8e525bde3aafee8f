namespace PmmCrypt.Generators.Model;

/// <summary>
/// A property that leads to encrypted values, and the column or JSON member that stores it. It is either a value itself or an object
/// with such members, or a collection of these: of <paramref name="Value"/> and <paramref name="Object"/> exactly one is set.
/// </summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="Property">The property's name, not escaped.</param>
/// <param name="StoredName">The name of the column, or of the member within its JSON object.</param>
/// <param name="Value">The encrypted value, or null.</param>
/// <param name="Object">The JSON object, or null.</param>
/// <param name="IsList">Whether the property holds a list of these, stored as an array.</param>
/// <param name="IsDictionary">Whether the property holds these as the values of a dictionary, stored as an object.</param>
internal sealed record MemberSpec(
    string Property, string StoredName, ValueSpec? Value, ObjectSpec? Object, bool IsList = false, bool IsDictionary = false)
{
    /// <summary>Whether a column that stores the property holds a JSON document.</summary>
    public bool IsJson => Object is not null || IsDictionary;

    /// <summary>The steps from what stores the property to each of the values or objects.</summary>
    public EquatableArray<string> Steps => new(IsList ? [BaselineField.EachElement] : IsDictionary ? [BaselineField.EachMember] : []);
}

/// <summary>An encrypted value.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal.</remarks>
/// <param name="Formats">The member of <c>PmmCrypt.Fields.StoredFormats</c>.</param>
/// <param name="AcceptsNull">
/// Whether the property, or the dictionary's value, may be set to what may be null without the compiler's objection.
/// </param>
/// <param name="Type">The type of the value, in C#; that of what a <c>Secret</c> is of.</param>
/// <param name="Text">The member of <c>PmmCrypt.Fields.SecretText</c> that writes a <c>Secret</c> as text; null for a string.</param>
internal sealed record ValueSpec(string Formats, bool AcceptsNull, string Type, string? Text);

/// <summary>A class that is stored as a JSON object.</summary>
/// <remarks>Cached by the compiler between keystrokes: keep immutable and structurally equal; collections are EquatableArray.</remarks>
/// <param name="Type">The class, from <c>global::</c> on.</param>
/// <param name="Members">Its members that lead to encrypted values; at least one.</param>
internal sealed record ObjectSpec(string Type, EquatableArray<MemberSpec> Members);
