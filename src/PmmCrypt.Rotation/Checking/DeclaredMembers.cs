using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Checking;

/// <summary>The fields that a model declares in one JSON column of the database: those of every entity that shares the table.</summary>
/// <param name="Table">The first entity's table.</param>
/// <param name="Column">The column.</param>
/// <param name="Fields">Every field of it.</param>
/// <param name="IsFirst">Whether the entity that was asked for is the first of those that have the column.</param>
internal sealed record DeclaredMembers(EncryptedTable Table, string Column, IReadOnlyList<EncryptedField> Fields, bool IsFirst)
{
    private readonly string[][] _steps =
        [.. Fields.Select(field => field.Path.Where(step => step != EncryptedField.EachElement).ToArray())];

    /// <summary>What is declared in the database's column that an entity's column is.</summary>
    public static DeclaredMembers Of(EncryptedTable table, EncryptedColumn column, IEnumerable<EncryptedTable> model)
    {
        var shared = model.Where(other => IsSame(other, table)).SelectMany(other => other.Columns)
            .Where(other => other.IsJson && other.Name == column.Name).ToArray();
        return new DeclaredMembers(table, column.Name, [.. shared.SelectMany(other => other.Fields)], shared[0] == column);
    }

    /// <summary>The field that is declared there; null where none is.</summary>
    /// <remarks>Where there is a list too many, or too few, the walk has named what it found.</remarks>
    public EncryptedField? At(IReadOnlyList<string> path) => Find(path, (step, name) => step == name);

    /// <summary>The field whose name a serializer may have written so, in another case, with underscores or hyphens; or null.</summary>
    public EncryptedField? Resembling(IReadOnlyList<string> path) =>
        Find(path, (step, name) => Bare(step).Equals(Bare(name), StringComparison.OrdinalIgnoreCase));

    private EncryptedField? Find(IReadOnlyList<string> path, Func<string, string, bool> isStep)
    {
        for (var i = 0; i < Fields.Count; i++)
        {
            if (Leads(_steps[i], path, isStep))
                return Fields[i];
        }

        return null;
    }

    private static bool Leads(string[] steps, IReadOnlyList<string> path, Func<string, string, bool> isStep)
    {
        var next = 0;
        foreach (var name in path)
        {
            if (name == EncryptedField.EachElement)
                continue;
            if (next == steps.Length || (steps[next] != EncryptedField.EachMember && !isStep(steps[next], name)))
                return false;
            next++;
        }

        return next == steps.Length;
    }

    /// <summary>Whether two entities are of one table by their names: no schema stands for whichever the connection finds.</summary>
    private static bool IsSame(EncryptedTable one, EncryptedTable other) =>
        one.Name == other.Name && (one.Schema is null || other.Schema is null || one.Schema == other.Schema);

    private static string Bare(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
}
