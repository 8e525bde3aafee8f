namespace PmmCrypt.Generators.Parsing;

/// <summary>The types that are looked for. A test compares them with the assemblies that declare them.</summary>
internal static class KnownTypeNames
{
    public const string Encrypted = "PmmCrypt.EncryptedAttribute";
    public const string EncryptedEntity = "PmmCrypt.Metadata.IEncryptedEntity";
    public const string Secret = SecretTypes.Secret;
    public const string SingleRow = "PmmCrypt.SingleRowAttribute";
    public const string Table = "System.ComponentModel.DataAnnotations.Schema.TableAttribute";
    public const string Column = "System.ComponentModel.DataAnnotations.Schema.ColumnAttribute";
    public const string NotMapped = "System.ComponentModel.DataAnnotations.Schema.NotMappedAttribute";
    public const string Key = "System.ComponentModel.DataAnnotations.KeyAttribute";
    public const string ConcurrencyCheck = "System.ComponentModel.DataAnnotations.ConcurrencyCheckAttribute";
    public const string Timestamp = "System.ComponentModel.DataAnnotations.TimestampAttribute";
    public const string JsonPropertyName = "System.Text.Json.Serialization.JsonPropertyNameAttribute";
    public const string JsonIgnore = "System.Text.Json.Serialization.JsonIgnoreAttribute";
    public const string JsonPolymorphic = "System.Text.Json.Serialization.JsonPolymorphicAttribute";
    public const string JsonDerivedType = "System.Text.Json.Serialization.JsonDerivedTypeAttribute";
    public const string CompilerGenerated = "System.Runtime.CompilerServices.CompilerGeneratedAttribute";
    public const string InternalsVisibleTo = "System.Runtime.CompilerServices.InternalsVisibleToAttribute";
    public const string GeneratedCode = "System.CodeDom.Compiler.GeneratedCodeAttribute";
    public const string List = "System.Collections.Generic.List`1";
    public const string ListInterface = "System.Collections.Generic.IList`1";
    public const string CollectionInterface = "System.Collections.Generic.ICollection`1";
    public const string ReadOnlyList = "System.Collections.Generic.IReadOnlyList`1";
    public const string ReadOnlyCollection = "System.Collections.Generic.IReadOnlyCollection`1";
    public const string Dictionary = "System.Collections.Generic.Dictionary`2";
    public const string DictionaryInterface = "System.Collections.Generic.IDictionary`2";
    public const string ReadOnlyDictionary = "System.Collections.Generic.IReadOnlyDictionary`2";
    public const string Obsolete = "System.ObsoleteAttribute";
    public const string Experimental = "System.Diagnostics.CodeAnalysis.ExperimentalAttribute";
    public const string DisallowNull = "System.Diagnostics.CodeAnalysis.DisallowNullAttribute";
}
