using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Lets the server leave out rows that it can prove done: each field is NULL, absent or empty, or carries the prefix that every ciphertext
/// under the primary key has. What it cannot prove goes to the client; and nobody takes a prefix for a proof that nothing is left.
/// </summary>
internal static class DoneFilter
{
    /// <summary>An SQL condition: whether something of the row may be left to do.</summary>
    public static string NotDone(PostgresTable table, uint keyId)
    {
        var prefixes = Prefixes(keyId);
        var done = table.Columns.Zip(table.Catalog, (column, catalog) => Done(column, catalog, prefixes));
        return $"({string.Join(" AND ", done)}) IS NOT TRUE";
    }

    private static string Done(EncryptedColumn column, CatalogColumn catalog, string prefixes)
    {
        var name = $"t.{Sql.Name(column.Name)}";
        if (!column.IsJson)
            return ValueDone(name, prefixes);
        if (catalog.Kind != ColumnKind.JsonB)
            return $"{name} IS NULL";       // text or json: the client parses it
        var fields = column.Fields.Select(field => MemberDone(name, field, prefixes));
        return $"({name} IS NULL OR (jsonb_typeof({name}) = 'object' AND {string.Join(" AND ", fields)}))";
    }

    private static string MemberDone(string column, EncryptedField field, string prefixes)
    {
        var path = PathSql(column, field.Path);
        var text = path.Replace("#>", "#>>", StringComparison.Ordinal);
        var member = $"(CASE jsonb_typeof({path}) WHEN 'string' THEN {ValueDone($"({text})", prefixes)}"
            + $" WHEN 'null' THEN true ELSE ({path}) IS NULL END)";
        // What stands where an object should be is for the client to name.
        var around = Enumerable.Range(1, field.Path.Count - 1)
            .Select(depth => $"coalesce(jsonb_typeof({PathSql(column, field.Path.Take(depth))}), 'null') IN ('object', 'null')");
        return string.Join(" AND ", [.. around, member]);
    }

    private static string PathSql(string column, IEnumerable<string> path) =>
        $"{column} #> ARRAY[{string.Join(", ", path.Select(name => $"'{name.Replace("'", "''", StringComparison.Ordinal)}'"))}]::text[]";

    private static string ValueDone(string value, string prefixes) =>
        $"({value} IS NULL OR {value} = '' OR left({value}, {CiphertextPrefix.Length}) IN ({prefixes})"
        + $" OR (left({value}, {CiphertextPrefix.Envelope.Length}) = '{CiphertextPrefix.Envelope}'"
        + $" AND substr({value}, {CiphertextPrefix.Envelope.Length + 1}, {CiphertextPrefix.Length})"
        + $" IN ({prefixes})))";

    private static string Prefixes(uint keyId) => string.Join(", ", CiphertextPrefix.Of(keyId).Select(prefix => $"'{prefix}'"));
}
