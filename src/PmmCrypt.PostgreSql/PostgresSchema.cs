using Npgsql;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Finds the model's tables and columns in the database's catalog.</summary>
internal static class PostgresSchema
{
    // Built-in types have the same ids on every server; their names can be taken by others.
    private const uint TextOid = 25;
    private const uint VarcharOid = 1043;
    private const uint JsonOid = 114;
    private const uint JsonBOid = 3802;

    public static async Task<IReadOnlyList<TableLayout>> DescribeAsync(
        NpgsqlConnection connection, EncryptionModel model, CancellationToken cancellation)
    {
        var layouts = new List<TableLayout>();
        foreach (var table in model.Tables)
            layouts.Add(await DescribeAsync(connection, table, cancellation).ConfigureAwait(false));
        return layouts;
    }

    private static async Task<PostgresTable> DescribeAsync(
        NpgsqlConnection connection, EncryptedTable table, CancellationToken cancellation)
    {
        if (await FindAsync(connection, table, cancellation).ConfigureAwait(false) is not var (oid, sqlName, isHeap))
            return new PostgresTable(table, [], [table.ToString()]);
        var catalog = await ColumnsAsync(connection, oid, cancellation).ConfigureAwait(false);
        var missing = table.Keys.Select(key => key.Name).Concat(table.Columns.Select(column => column.Name))
            .Where(name => !catalog.ContainsKey(name)).Select(name => $"{table}.{name}").ToArray();
        if (table.Keys.FirstOrDefault(key => !catalog.ContainsKey(key.Name)) is { } lacking)
            throw new StoreSchemaException($"{table} has no column {lacking.Name}, by which its rows are identified",
                "check that it is the table that the model means");
        var present = table.Columns.Where(column => catalog.ContainsKey(column.Name)).ToArray();
        return new PostgresTable(table, present, missing)
        {
            Oid = oid,
            SqlName = sqlName,
            IsHeap = isHeap,
            Keys = [.. table.Keys.Select(key => catalog[key.Name])],
            Catalog = [.. present.Select(column => catalog[column.Name])],
            NeverNull = [.. present.Where(column => !catalog[column.Name].IsNullable)],
        };
    }

    public static async Task<(uint Oid, string SqlName, bool IsHeap)?> FindAsync(
        NpgsqlConnection connection, EncryptedTable table, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT c.oid, n.nspname, c.relname, c.relkind = 'r' AND coalesce(m.amname = 'heap', false)
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am m ON m.oid = c.relam
            WHERE c.oid = to_regclass($1)::oid AND c.relkind IN ('r', 'p')
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = Sql.Name(table.Schema, table.Name) } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        return await reader.ReadAsync(cancellation).ConfigureAwait(false)
            ? (reader.GetFieldValue<uint>(0), Sql.Name(reader.GetString(1), reader.GetString(2)), reader.GetBoolean(3))
            : null;
    }

    private static async Task<Dictionary<string, CatalogColumn>> ColumnsAsync(
        NpgsqlConnection connection, uint oid, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),
                   base.oid, base.typcategory = 'S', NOT a.attnotnull, a.attgenerated <> ''
            FROM pg_attribute a
            CROSS JOIN LATERAL (
              WITH RECURSIVE below(oid) AS (
                SELECT a.atttypid
                UNION ALL
                SELECT t.typbasetype FROM below JOIN pg_type t USING (oid) WHERE t.typtype = 'd'      -- a domain may be over a domain
              )
              SELECT t.oid, t.typcategory FROM below JOIN pg_type t USING (oid) WHERE t.typtype <> 'd') base
            WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter { Value = oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid } },
        };
        var columns = new Dictionary<string, CatalogColumn>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var column = new CatalogColumn(
                reader.GetString(0), reader.GetInt16(1), reader.GetString(2), KindOf(reader.GetFieldValue<uint>(3)),
                reader.GetBoolean(4), reader.GetBoolean(5), reader.GetBoolean(6));
            columns.Add(column.Name, column);
        }

        return columns;
    }

    public static ColumnKind KindOf(uint type) => type switch
    {
        TextOid or VarcharOid => ColumnKind.Text,
        JsonOid => ColumnKind.Json,
        JsonBOid => ColumnKind.JsonB,
        _ => ColumnKind.Other,
    };
}
