using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Baseline;

/// <summary>The fields of an entity as the baseline names them.</summary>
internal static class EncryptedFieldList
{
    private const string Text = "string";

    /// <summary>Each field, with the entity's own property in whose column it is.</summary>
    public static IEnumerable<(BaselineField Field, string Property)> Of(EntitySpec entity) =>
        from column in entity.Columns
        from path in Paths(column)
        select (new BaselineField(entity.Schema, entity.Table, column.StoredName, new(path), Text), column.Property);

    private static IEnumerable<IEnumerable<string>> Paths(MemberSpec member) => member.Object is null
        ? [[]]
        : member.Object.Members.SelectMany(inner => Paths(inner).Select(path => path.Prepend(inner.StoredName)));
}
