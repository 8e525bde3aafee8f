using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite;

/// <summary>Looks for what begins as a ciphertext in columns that are no text field of the model: of its own tables, and of all others.</summary>
internal static class SqliteStrays
{
    private static readonly string[] Pluses = ["+", @"\u002B", @"\u002b"];
    private static readonly string[] Soliduses = ["/", @"\/", @"\u002F", @"\u002f"];

    public static StrayReferences Find(
        SqliteSession session, IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, bool inJsonOfTables,
        CancellationToken cancellation)
    {
        var found = new List<StrayReference>();
        foreach (var (schema, table, column) in Columns(session).Where(column => !IsField(column, tables, inJsonOfTables)))
        {
            foreach (var keyId in keyIds)
            {
                cancellation.ThrowIfCancellationRequested();
                if (Count(session, schema, table, column, keyId) is > 0 and var rows)
                    found.Add(new StrayReference($"{schema}.{table}", column, keyId, rows));
            }
        }

        return new StrayReferences(found, NotSearched: []);      // who may open the file may read all of it
    }

    /// <summary>Every column: SQLite stores text in any of them, whatever it was declared as. Virtual tables are shown by their own.</summary>
    private static List<(string Schema, string Table, string Column)> Columns(SqliteSession session)
    {
        using var statement = session.Prepare(
            """
            SELECT t.schema, t.name, c.name FROM pragma_table_list t JOIN pragma_table_xinfo(t.name, t.schema) c
            WHERE t.type IN ('table', 'shadow') AND t.schema <> 'temp' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
            ORDER BY t.schema, t.name, c.cid
            """);
        var columns = new List<(string, string, string)>();
        while (statement.Step())
            columns.Add((statement.String(0), statement.String(1), statement.String(2)));
        return columns;
    }

    private static long Count(SqliteSession session, string schema, string table, string column, uint keyId)
    {
        var value = SqliteNames.Column(column);
        // Both text and a BLOB may hold it.
        var found = CiphertextPrefix.Of(keyId).SelectMany(Written).Distinct()
            .Select(prefix => $"instr(CAST({value} AS TEXT), '{prefix}') > 0");
        using var statement = session.Prepare(
            $"SELECT count(*) FROM {SqliteNames.Quote(schema)}.{SqliteNames.Quote(table)} AS {SqliteNames.Alias} "
            + $"WHERE typeof({value}) IN ('text', 'blob') AND ({string.Join(" OR ", found)})");
        return statement.Step() ? statement.Integer(0) : 0;
    }

    /// <summary>
    /// A prefix as it may be written: within JSON a plus and a solidus may be escaped, as .NET does with the one and PHP with the other.
    /// </summary>
    private static IEnumerable<string> Written(string prefix) =>
        from plus in Pluses
        from solidus in Soliduses
        select prefix.Replace("+", plus, StringComparison.Ordinal).Replace("/", solidus, StringComparison.Ordinal);

    /// <summary>Whether the column is a text field, which a census counts. Of a JSON column it counts no more than the declared members.</summary>
    private static bool IsField(
        (string Schema, string Table, string Column) column, IEnumerable<TableLayout> tables, bool inJsonOfTables) =>
        tables.Any(layout =>
            SqliteNames.Same(SqliteNames.Schema(layout.Table), column.Schema) && SqliteNames.Same(layout.Table.Name, column.Table)
            && layout.Columns.Any(field => !(field.IsJson && inJsonOfTables) && SqliteNames.Same(field.Name, column.Column)));
}
