using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Lets the server leave out rows that it can prove done: each field is NULL, absent or empty, or carries the prefix that every ciphertext
/// under the primary key has. What it cannot prove goes to the client; and nobody takes a prefix for a proof that nothing is left.
/// </summary>
internal static class DoneFilter
{
    private static readonly int HeadLength = CiphertextPrefix.Envelope.Length + CiphertextPrefix.Length;

    /// <summary>An SQL condition on a row of table t: whether something of it may be left to do.</summary>
    public static string NotDone(PostgresTable table, uint keyId)
    {
        var columns = table.Columns.Zip(table.Catalog, (column, catalog) => (Column: column, Catalog: catalog)).ToArray();
        // Texts first: they lie in the row, and where one of them is stale no document need be fetched.
        var conditions = columns.Where(one => !one.Column.IsJson)
            .Select(one => IsDone($"left({StoredSql.Text(one.Catalog)}, {HeadLength})", keyId))
            .Concat(columns.Where(one => one.Column.IsJson && !StoredSql.IsDocument(one.Column, one.Catalog))
                .Select(one => $"t.{Sql.Name(one.Catalog.Name)} IS NULL"))      // the client parses it
            .ToList();
        var documents = columns.Where(one => StoredSql.IsDocument(one.Column, one.Catalog)).ToArray();
        if (documents.Length > 0)
            conditions.Add(AreDone(documents, keyId));
        return $"({string.Join(" AND ", conditions)}) IS NOT TRUE";
    }

    /// <summary>All documents of a row in one subquery: each is fetched once, and each member taken out of it once.</summary>
    private static string AreDone(IReadOnlyList<(EncryptedColumn Column, CatalogColumn Catalog)> documents, uint keyId)
    {
        var fetched = new List<string>();
        var heads = new List<string>();
        var conditions = new List<string>();
        foreach (var (column, catalog) in documents)
        {
            var document = $"d{fetched.Count}";
            fetched.Add($"{StoredSql.Document(catalog)} AS {document}");
            heads.Add(document);
            // A member's beginning proves that it is a string: nothing else in JSON begins so.
            var members = column.Fields.Select(field =>
            {
                var head = $"h{heads.Count}";
                heads.Add($"left({StoredSql.MemberText(document, field)}, {HeadLength}) AS {head}");
                return IsDone(head, keyId);
            }).ToArray();
            conditions.Add($"({document} IS NULL OR (jsonb_typeof({document}) = 'object'"
                + $" AND {StoredSql.InnerObjects(document, column)} AND {string.Join(" AND ", members)}))");
        }

        return $"(SELECT {string.Join(" AND ", conditions)} FROM (SELECT {string.Join(", ", heads)}"
            + $" FROM (SELECT {string.Join(", ", fetched)} {StoredSql.Fence}) a {StoredSql.Fence}) b)";
    }

    private static string IsDone(string head, uint keyId)
    {
        var prefixes = CiphertextPrefix.Of(keyId);
        return $"({head} IS NULL OR {head} = '' OR left({head}, {CiphertextPrefix.Length}) IN ({Sql.List(prefixes)})"
            + $" OR {head} IN ({Sql.List(prefixes.Select(prefix => CiphertextPrefix.Envelope + prefix))}))";
    }
}
