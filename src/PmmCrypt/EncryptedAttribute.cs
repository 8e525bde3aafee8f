using PmmCrypt.Fields;

namespace PmmCrypt;

/// <summary>
/// The value of this property is stored encrypted. Put it on a <c>string?</c> or <see cref="Secret{T}"/> property of an entity class
/// that carries <c>[Table]</c>, or of a class that such an entity holds in a JSON column, to any depth: as it is, or in an array, a
/// list, or a dictionary by strings. On a <c>Dictionary&lt;string, string&gt;</c> it encrypts each value, and leaves the keys in the clear.
/// </summary>
/// <remarks>
/// The source generator turns every such property into a field of <see cref="Metadata.EncryptedTable"/>, and emits
/// <see cref="Metadata.IEncryptedEntity.EncryptFields"/>, <see cref="Metadata.IEncryptedEntity.DecryptFields"/> and the walk
/// with which <c>dotnet pmm-crypt</c> rotates stored rows: all from one declaration, so no direction can forget a field.
/// </remarks>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EncryptedAttribute : Attribute
{
    /// <summary>
    /// The stored formats in which this field is encrypted; in any other it stays in the clear. Both unless set.
    /// PMM 3.0 to 3.9, which writes the legacy format, reads a few fields in the clear that later PMM encrypts.
    /// </summary>
    public StoredFormats Formats { get; set; } = StoredFormats.All;
}
