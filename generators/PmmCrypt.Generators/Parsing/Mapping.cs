using Microsoft.CodeAnalysis;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Parsing;

/// <summary>How properties become stored names: an entity's become columns, those of a class within a JSON column become members.</summary>
internal abstract class Mapping
{
    /// <summary>Where names do not matter; and where they do, those of a project that has no convention.</summary>
    public static readonly Mapping Columns = new ColumnMapping(ColumnNaming.AsIs);

    private static readonly Mapping SnakeCaseColumns = new ColumnMapping(ColumnNaming.SnakeCase);

    public static readonly Mapping JsonMembers = new JsonMemberMapping();

    /// <summary>Columns by a project's convention.</summary>
    public static Mapping ColumnsBy(ColumnNaming naming) => naming == ColumnNaming.SnakeCase ? SnakeCaseColumns : Columns;

    /// <summary>What messages call a stored place.</summary>
    public abstract string Noun { get; }

    /// <summary>The name under which the property is stored. Null only where an attribute says null.</summary>
    public abstract string? NameOf(IPropertySymbol property);

    /// <summary>The attribute that keeps the property from being stored, as messages name it, or null.</summary>
    public abstract string? LeftOutBy(IPropertySymbol property);

    /// <summary>Whether the property says itself that it is stored, by its name.</summary>
    public abstract bool IsNamed(IPropertySymbol property);

    /// <summary>What a property that is computed needs to be told from one that is stored, as messages say it.</summary>
    public abstract string Choice { get; }

    /// <summary>Whether entities in this property are rows of another table, and only referred to from here.</summary>
    public abstract bool MayRelate(IPropertySymbol property);

    /// <summary>Whether rows of a table are objects of this class. [Table] is inherited, as .NET reads it.</summary>
    public static bool IsEntity(INamedTypeSymbol type) => type.WithBases().Any(current => current.Has(KnownTypeNames.Table));

    /// <summary>What is wrong with a name, or null.</summary>
    public virtual string? Objection(string? name)
    {
        if (name is null)
            return "null";
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsHighSurrogate(name[i]) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]))
                i++;
            else if (char.IsSurrogate(name[i]))
                return "not Unicode: a surrogate stands alone";
        }

        return null;
    }

    private sealed class ColumnMapping(ColumnNaming naming) : Mapping
    {
        public override string Noun => "column";

        public override string? NameOf(IPropertySymbol property)
        {
            // [Column(TypeName = "jsonb")] names no column.
            var attribute = property.Find(KnownTypeNames.Column);
            return attribute is { ConstructorArguments.Length: > 0 } ? attribute.FirstString() : naming.ColumnOf(property.Name);
        }

        public override string? LeftOutBy(IPropertySymbol property) => property.Has(KnownTypeNames.NotMapped) ? "[NotMapped]" : null;

        public override bool IsNamed(IPropertySymbol property) => property.Has(KnownTypeNames.Column);

        public override string Choice => "[NotMapped] where it is not stored, and with [Column] where it is";

        // A property of another entity's type is a relation between tables, unless its column holds a document.
        public override bool MayRelate(IPropertySymbol property) =>
            property.Find(KnownTypeNames.Column)?.Named("TypeName")?.Value is not string type
            || !(IsSame(type, "json") || IsSame(type, "jsonb"));

        public override string? Objection(string? name) =>
            base.Objection(name)
            ?? (name!.Trim().Length == 0 ? "empty"
                : name.Contains('\0') ? "not one that a database takes: it has a NUL"
                : null);

        private static bool IsSame(string type, string known) => string.Equals(type.Trim(), known, StringComparison.OrdinalIgnoreCase);
    }

    private sealed class JsonMemberMapping : Mapping
    {
        private const int Always = 1;       // JsonIgnoreCondition.Always, which is the attribute's default

        public override string Noun => "JSON member";

        public override string? NameOf(IPropertySymbol property) =>
            property.Find(KnownTypeNames.JsonPropertyName) is { } attribute ? attribute.FirstString() : property.Name;

        public override string? LeftOutBy(IPropertySymbol property) =>
            property.Find(KnownTypeNames.JsonIgnore) is { } attribute && attribute.Named("Condition") is null or { Value: Always }
                ? "[JsonIgnore]"
                : null;

        public override bool IsNamed(IPropertySymbol property) => property.Has(KnownTypeNames.JsonPropertyName);

        public override string Choice => "[JsonIgnore] where it is not written, and with [JsonPropertyName] where it is";

        public override bool MayRelate(IPropertySymbol property) => false;

        public override string? Objection(string? name) => base.Objection(name) ?? name switch
        {
            BaselineField.EachElement => $"{name}, which stands for each element of a list",
            BaselineField.EachMember => $"{name}, which stands for each member of a dictionary",
            _ => null,
        };
    }
}
