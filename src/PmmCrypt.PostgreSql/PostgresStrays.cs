using System.Data;
using Npgsql;
using NpgsqlTypes;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Looks for what begins as a ciphertext in columns that are no text field of the model: of its own tables, and of all others.</summary>
internal static class PostgresStrays
{
    /// <summary>
    /// Every column of this database's own tables that holds text or JSON, arrays and domains of them included: with the root of its
    /// partition tree, and why it cannot be read. Foreign tables are other databases'; temporary ones go with their session.
    /// </summary>
    private const string Columns =
        """
        WITH RECURSIVE
        base (type, root) AS (
          SELECT t.oid, t.oid FROM pg_type t WHERE t.typtype <> 'd' AND t.typelem = 0
          UNION ALL
          SELECT t.oid, b.root FROM base b JOIN pg_type t
            ON (t.typtype = 'd' AND t.typbasetype = b.type) OR (t.typcategory = 'A' AND t.typelem = b.type))
        SELECT coalesce(pg_partition_root(c.oid)::oid, c.oid) AS root, format('%I.%I', n.nspname, c.relname) AS sql_name,
          n.nspname || '.' || c.relname AS name, a.attname,
          CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') OR NOT has_column_privilege(c.oid, a.attnum, 'SELECT')
                 THEN 'the role may not read it'
               WHEN row_security_active(c.oid) THEN 'row security hides rows of it' END AS why_not
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        JOIN base b ON b.type = a.atttypid
        JOIN pg_type t ON t.oid = b.root
        WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
          AND (t.typcategory = 'S' OR t.oid IN ('json'::regtype, 'jsonb'::regtype, 'xml'::regtype))
        ORDER BY name, a.attnum
        """;

    /// <summary>PostgreSQL takes 1,664 columns in a result, https://www.postgresql.org/docs/current/limits.html.</summary>
    private const int MaxCounts = 1_600;

    public static async Task<StrayReferences> FindAsync(
        NpgsqlConnection connection, IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, bool inJsonOfTables,
        CancellationToken cancellation)
    {
        if (keyIds.Count == 0)
            return StrayReferences.None;
        await using var transaction = await PostgresConnections.BeginAsync(
            connection, IsolationLevel.ReadCommitted, forWriting: false, cancellation).ConfigureAwait(false);
        var found = new List<StrayReference>();
        var notSearched = new List<string>();
        var columns = await ListAsync(connection, cancellation).ConfigureAwait(false);
        foreach (var table in columns.Where(column => !IsField(column, tables, inJsonOfTables)).GroupBy(column => column.SqlName))
        {
            notSearched.AddRange(NotSearched([.. table]));
            foreach (var some in table.Where(column => column.WhyNot is null).Chunk(Math.Max(1, MaxCounts / keyIds.Count)))
                await SearchAsync(connection, some, keyIds, found, cancellation).ConfigureAwait(false);
        }

        return new StrayReferences(found, notSearched);
    }

    /// <summary>The columns that cannot be read, or their table where that is all of them.</summary>
    private static IEnumerable<string> NotSearched(IReadOnlyList<Column> columns) =>
        columns.Count > 1 && columns[0].WhyNot is { } whyNot && columns.All(column => column.WhyNot == whyNot)
            ? [$"{columns[0].Table}: {whyNot}"]
            : columns.Where(column => column.WhyNot is not null).Select(column => $"{column}: {column.WhyNot}");

    private static async Task<IReadOnlyList<Column>> ListAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Columns, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var columns = new List<Column>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var whyNot = await reader.IsDBNullAsync(4, cancellation).ConfigureAwait(false) ? null : reader.GetString(4);
            columns.Add(new Column(
                reader.GetFieldValue<uint>(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), whyNot));
        }

        return columns;
    }

    private static async Task SearchAsync(
        NpgsqlConnection connection, IReadOnlyList<Column> columns, IReadOnlyList<uint> keyIds, List<StrayReference> found,
        CancellationToken cancellation)
    {
        // One reading of the table, however many columns and keys there are, within reason.
        var counts = columns.SelectMany(column =>
            keyIds.Select((_, key) => $"count(*) FILTER (WHERE t.{Sql.Name(column.Name)}::text ~ $1[{key + 1}])"));
        await using var command = new NpgsqlCommand($"SELECT {string.Join(", ", counts)} FROM ONLY {columns[0].SqlName} t", connection);
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = keyIds.Select(Pattern).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
        });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        for (var i = 0; i < reader.FieldCount; i++)
        {
            if (reader.GetInt64(i) > 0)
                found.Add(new StrayReference(
                    columns[i / keyIds.Count].Table, columns[i / keyIds.Count].Name, keyIds[i % keyIds.Count], reader.GetInt64(i)));
        }
    }

    /// <summary>
    /// A regular expression: one of the prefixes where no base64 goes before it. Within JSON a plus and a solidus may be escaped, as .NET
    /// does with the one and PHP with the other, and what goes before may be an escape that ends in a letter.
    /// </summary>
    private static string Pattern(uint keyId)
    {
        var prefixes = CiphertextPrefix.Of(keyId).Select(prefix =>
            prefix.Replace("+", @"(\+|\\u002[Bb])", StringComparison.Ordinal).Replace("/", @"(\\?/|\\u002[Ff])", StringComparison.Ordinal));
        return $@"(^|[^A-Za-z0-9+/]|\\[bfnrt]|\\u[0-9A-Fa-f]{{4}})({string.Join('|', prefixes)})";
    }

    /// <summary>Whether the column is a text field, which a census counts. Of a JSON column it counts no more than the declared members.</summary>
    private static bool IsField(Column column, IEnumerable<TableLayout> tables, bool inJsonOfTables) =>
        tables.OfType<PostgresTable>().Any(table =>
            table.Oid == column.Root && table.Catalog.Zip(table.Columns).Any(pair =>
                pair.First.Name == column.Name && !(pair.Second.IsJson && inJsonOfTables)));

    private sealed record Column(uint Root, string SqlName, string Table, string Name, string? WhyNot)
    {
        public override string ToString() => $"{Table}.{Name}";
    }
}
