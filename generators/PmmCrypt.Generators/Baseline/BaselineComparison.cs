using PmmCrypt.Generators.Diagnostics;
using PmmCrypt.Generators.Model;

namespace PmmCrypt.Generators.Baseline;

/// <summary>Compares what the lists say is encrypted with what is.</summary>
internal static class BaselineComparison
{
    /// <summary>
    /// What the lists hold and the entities do not. While an entity is refused its fields are not known, and there is an error already.
    /// </summary>
    public static EquatableArray<Finding> Compare(IEnumerable<BaselineFile> files, IEnumerable<ParsedEntity> entities)
    {
        var shipped = new HashSet<BaselineField>(
            files.Where(file => file.IsShipped).SelectMany(file => file.Lines).Select(line => line.Field));
        var findings = files.SelectMany(file => file.Findings).Concat(files.Where(file => !file.IsShipped)
            .SelectMany(file => file.Lines).Where(line => shipped.Contains(line.Field)).Select(Twice));
        if (entities.All(entity => entity.Spec is not null))
        {
            var encrypted = new HashSet<BaselineField>(
                entities.SelectMany(entity => EncryptedFieldList.Of(entity.Spec!)).Select(place => place.Field));
            var listed = new HashSet<BaselineField>(files.SelectMany(file => file.Lines).Select(line => line.Field));
            var unlisted = encrypted.Where(field => !listed.Contains(field)).ToArray();
            findings = findings.Concat(files.SelectMany(file => file.Lines.Where(line => !encrypted.Contains(line.Field))
                .Select(line => unlisted.FirstOrDefault(field => IsNearly(field, line.Field)) is { } near ? Misnamed(line, near)
                    : file.IsShipped ? Gone(line)
                    : Unknown(line))));
        }

        return new(findings);
    }

    /// <summary>The same place but for its schema, its type or the case of a name: then no ciphertext is given up.</summary>
    private static bool IsNearly(BaselineField field, BaselineField line) =>
        IsSame(field.Table, line.Table) && IsSame(field.Column, line.Column)
        && field.Path.SequenceEqual(line.Path, StringComparer.OrdinalIgnoreCase);

    private static bool IsSame(string name, string other) => string.Equals(name, other, StringComparison.OrdinalIgnoreCase);

    private static Finding Misnamed(BaselineLine line, BaselineField field) => Findings.Of(
        Rules.BaselineLine, line.Location, FieldText.Of(line.Field), $"the field is '{FieldText.Of(field)}'; write it so if it is the same one");

    private static Finding Twice(BaselineLine line) => Findings.Of(
        Rules.BaselineLine, line.Location, FieldText.Of(line.Field), $"it stands in {BaselineReader.Shipped} too: take it out here");

    private static Finding Gone(BaselineLine line) =>
        Findings.Of(Rules.ShippedFieldGone, line.Location, FieldText.Of(line.Field), Forget(line.Field));

    private static Finding Unknown(BaselineLine line) =>
        Findings.Of(
            Rules.BaselineLine, line.Location, FieldText.Of(line.Field), "no property of this project is stored so and [Encrypted]");

    /// <summary>The statement, in PostgreSQL's words, after which no ciphertext is left there.</summary>
    private static string Forget(BaselineField field)
    {
        var table = field.Schema is null ? Quoted(field.Table) : $"{Quoted(field.Schema)}.{Quoted(field.Table)}";
        var column = Quoted(field.Column);
        return $"UPDATE {table} SET {column} = {(field.Path.Count == 0 ? "NULL" : Without(column, [.. field.Path]))}";
    }

    /// <summary>A document without the values that a path leads to. What has another shape than the path stays as it is.</summary>
    private static string Without(string document, string[] path, int depth = 1)
    {
        string[] names = [.. path.TakeWhile(step => step is not (BaselineField.EachElement or BaselineField.EachMember))];
        var member = $"ARRAY[{string.Join(", ", names.Select(name => $"'{name.Replace("'", "''")}'"))}]";
        if (names.Length == path.Length)
            return $"{document} #- {member}";
        string[] rest = [.. path.Skip(names.Length + 1)];
        var isList = path[names.Length] == BaselineField.EachElement;
        if (!isList && rest.Length == 0)        // nothing but the values of a dictionary
            return names.Length == 0 ? "'{}'" : $"{document} #- {member}";
        var whole = names.Length == 0 ? document : $"{document} #> {member}";
        var one = $"v{depth}";
        var without = Without(one, rest, depth + 1);
        var all = isList
            ? $"(SELECT coalesce(jsonb_agg({without}), '[]') FROM jsonb_array_elements({whole}) e{depth}({one}))"
            : $"(SELECT coalesce(jsonb_object_agg(k{depth}, {without}), '{{}}') FROM jsonb_each({whole}) e{depth}(k{depth}, {one}))";
        return $"CASE jsonb_typeof({whole}) WHEN '{(isList ? "array" : "object")}' THEN "
            + $"{(names.Length == 0 ? all : $"jsonb_set({document}, {member}, {all})")} ELSE {document} END";
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"")}\"";
}
