using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Baseline;

/// <summary>The fields of an entity as the baseline, and the manifest, name them.</summary>
internal static class EncryptedFieldList
{
    /// <summary>Each field, with the entity's own property in whose column it is.</summary>
    public static IEnumerable<(BaselineField Field, string Property)> Of(EntitySpec entity) =>
        ValuesOf(entity).Select(found => (found.Field, found.Property));

    /// <summary>The same, with how each is encrypted.</summary>
    public static IEnumerable<(BaselineField Field, string Property, ValueSpec Value)> ValuesOf(EntitySpec entity) =>
        from column in entity.Columns
        from value in Values(column)
        let field = new BaselineField(entity.Schema, entity.Table, column.StoredName, new(value.Path), value.Value.Type)
        select (field, column.Property, value.Value);

    /// <summary>Each field as a line of the manifest, where the formats in which it is encrypted stand in the place of its type.</summary>
    public static IEnumerable<string> FieldLines(EntitySpec entity) =>
        from column in entity.Columns
        from value in Values(column)
        select FieldText.Of(new BaselineField(entity.Schema, entity.Table, column.StoredName, new(value.Path), value.Value.Formats));

    /// <summary>Each key column as a line of the manifest.</summary>
    public static IEnumerable<string> KeyLines(EntitySpec entity) => entity.Keys.Select(
        key => FieldText.Of(new BaselineField(entity.Schema, entity.Table, key.Column, new([]), key.Type)));

    private static IEnumerable<(IEnumerable<string> Path, ValueSpec Value)> Values(MemberSpec member) => member.Object is null
        ? [(member.Steps, member.Value!)]
        : member.Object.Members.SelectMany(inner => Values(inner).Select(
            value => (member.Steps.Append(inner.StoredName).Concat(value.Path), value.Value)));
}
