using PmmCrypt.Metadata;

namespace PmmCrypt.PostgreSql;

/// <summary>SQL that looks at stored values without reading one twice.</summary>
/// <remarks>
/// A long value lies outside its row, and each function that is given it fetches it anew. So a query is made of layers: the first fetches
/// each document once, the next takes the members out of it, and so on; <see cref="Fence"/> keeps the planner from merging them again.
/// </remarks>
internal static class StoredSql
{
    /// <summary>
    /// Ends a subquery that is to be evaluated by itself. The literal is quoted: an offset that is not yet a constant of its type when the
    /// planner first sees it would keep the query from being run in parallel.
    /// </summary>
    public const string Fence = "OFFSET '0'";

    /// <summary>
    /// Whether the server can look into a column's documents: it can where they are jsonb and each field has one place. The elements of a
    /// list and the values of a dictionary are for the client to walk, as is what stands in a column of json or text.
    /// </summary>
    public static bool IsDocument(EncryptedColumn column, CatalogColumn catalog) =>
        column.IsJson && catalog.Kind == ColumnKind.JsonB && !column.IsRepeated;

    /// <summary>The value of a text column of table t, compared byte by byte.</summary>
    public static string Text(CatalogColumn column) => $"t.{Sql.Name(column.Name)}::text COLLATE \"C\"";

    /// <summary>The document of a jsonb column of table t, fetched: of all ways to get it whole the only one that copies nothing.</summary>
    public static string Document(CatalogColumn column) => $"t.{Sql.Name(column.Name)} #> '{{}}'";

    /// <summary>The text of a member: NULL where it is absent or JSON null. What is no string has a text too.</summary>
    public static string MemberText(string document, EncryptedField field) =>
        $"({document} {(field.Path.Count == 1 ? $"->> {Sql.Literal(field.Path[0])}" : $"#>> {Path(field.Path)}")}) COLLATE \"C\"";

    /// <summary>The JSON type of a member.</summary>
    public static string MemberType(string document, EncryptedField field) => $"jsonb_typeof({document} #> {Path(field.Path)})";

    /// <summary>
    /// A condition, NULL at times: each object on the way to the column's fields is one, or JSON null, or not there. What stands in the
    /// place of one is for the client to name.
    /// </summary>
    public static string InnerObjects(string document, EncryptedColumn column)
    {
        var around = column.Fields
            .SelectMany(field => Enumerable.Range(1, field.Path.Count - 1).Select(depth => Path(field.Path.Take(depth))))
            .Distinct(StringComparer.Ordinal)
            .Select(path => $"coalesce(jsonb_typeof({document} #> {path}), 'null') IN ('object', 'null')");
        return string.Join(" AND ", around.DefaultIfEmpty("true"));
    }

    private static string Path(IEnumerable<string> path) => $"ARRAY[{string.Join(", ", path.Select(Sql.Literal))}]::text[]";
}
