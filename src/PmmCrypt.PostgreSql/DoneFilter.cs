using System.Buffers.Binary;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Lets the server leave out rows that it can prove done: each field is NULL, absent or empty, or carries the prefix that every ciphertext
/// under the primary key has. What it cannot prove goes to the client; and nobody takes a prefix for a proof that nothing is left.
/// </summary>
internal static class DoneFilter
{
    /// <summary>A key id fixes six base64 characters and the upper four bits of the seventh: four possible beginnings.</summary>
    private const int PrefixLength = 7;

    private const string Envelope = "pmm1$";

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
        $"({value} IS NULL OR {value} = '' OR left({value}, {PrefixLength}) IN ({prefixes})"
        + $" OR (left({value}, {Envelope.Length}) = '{Envelope}'"
        + $" AND substr({value}, {Envelope.Length + 1}, {PrefixLength}) IN ({prefixes})))";

    private static string Prefixes(uint keyId)
    {
        Span<byte> head = stackalloc byte[6];
        head[0] = 0x01;
        BinaryPrimitives.WriteUInt32BigEndian(head[1..], keyId);
        var texts = new string[4];
        for (var i = 0; i < texts.Length; i++)
        {
            head[5] = (byte)(i << 6);       // the first two bits of the nonce: the rest of the seventh character
            texts[i] = $"'{Convert.ToBase64String(head)[..PrefixLength]}'";
        }

        return string.Join(", ", texts);
    }
}
