using System.Data;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Looks for what would stop a sweep halfway, before any key is made: in the catalog for what is known by name, and by one update of each
/// table that is rolled back for all the rest.
/// </summary>
internal static class PostgresProbe
{
    public static async Task<ProbeResult> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<TableLayout> tables, CancellationToken cancellation)
    {
        var obstacles = new List<string>();
        var warnings = new List<string>();
        foreach (var table in tables.Where(table => table.IsPresent).Cast<PostgresTable>())
        {
            // One for each: a row that is held while another table is waited for could make a service's wait a deadlock.
            await using var transaction = await PostgresConnections.BeginAsync(
                connection, IsolationLevel.ReadCommitted, forWriting: true, cancellation).ConfigureAwait(false);
            await RequireRightsAsync(connection, table, cancellation).ConfigureAwait(false);
            FindUnfitColumns(table, obstacles);
            await FindCatalogObstaclesAsync(connection, table, obstacles, warnings, cancellation).ConfigureAwait(false);
            if (obstacles.Count == 0)
                await TryUpdateAsync(connection, table, obstacles, cancellation).ConfigureAwait(false);
            await transaction.RollbackAsync(cancellation).ConfigureAwait(false);
        }

        return new ProbeResult(obstacles, warnings);
    }

    private static async Task RequireRightsAsync(NpgsqlConnection connection, PostgresTable table, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT string_agg(a.attname || ' (' || p || ')', ', ' ORDER BY a.attnum, p)
            FROM pg_attribute a CROSS JOIN unnest(ARRAY['SELECT', 'UPDATE']) p
            WHERE a.attrelid = $1 AND (a.attnum = ANY ($2) OR (a.attnum = ANY ($3) AND p = 'SELECT'))
              AND NOT has_column_privilege(a.attrelid, a.attnum, p)
            """,
            connection)
        {
            Parameters =
            {
                Oid(table),
                new NpgsqlParameter { Value = table.Catalog.Select(column => column.Number).ToArray() },
                new NpgsqlParameter { Value = table.Keys.Select(column => column.Number).ToArray() },
            },
        };
        if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is string lacking)
            throw new StoreException($"the role lacks rights on columns of {table.Table}: {lacking}",
                "grant them, or log in as the table's owner");
    }

    private static void FindUnfitColumns(PostgresTable table, List<string> obstacles)
    {
        foreach (var column in table.Catalog)
        {
            if (column.IsGenerated)
                obstacles.Add($"{table.Table}.{column.Name} is a generated column: encrypt the column that it is generated from");
            else if (column.Kind == ColumnKind.Other)
                obstacles.Add(
                    $"{table.Table}.{column.Name} is of type {column.Type}: encrypted values are kept in text, varchar, json or jsonb");
        }
    }

    private static async Task FindCatalogObstaclesAsync(
        NpgsqlConnection connection, PostgresTable table, List<string> obstacles, List<string> warnings, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT
              row_security_active(c.oid),
              EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '2'),
              c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid),
              EXISTS (SELECT FROM pg_index i
                      WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
                        AND i.indpred IS NULL AND i.indexprs IS NULL
                        AND (i.indkey::int2[])[0 : i.indnkeyatts - 1] <@ $2),
              (SELECT string_agg(t.tgname, ', ' ORDER BY t.tgname) FROM pg_trigger t
               WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND (t.tgtype & 16) <> 0)
            FROM pg_class c WHERE c.oid = $1
            """,
            connection)
        {
            Parameters = { Oid(table), new NpgsqlParameter { Value = table.Keys.Select(column => column.Number).ToArray() } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        if (reader.GetBoolean(0))
            obstacles.Add($"row security hides rows of {table.Table} from this role: use its owner, or a role with BYPASSRLS");
        if (reader.GetBoolean(1))
            obstacles.Add(
                $"{table.Table} has a rule ON UPDATE, which would run in place of the rotation's update: "
                + "drop it for the time of the rotation");
        if (reader.GetBoolean(2))
            obstacles.Add($"other tables inherit from {table.Table}, and no index keeps a key unique among them: take them apart first");
        if (!table.Table.IsSingleRow)
            FindKeyObstacles(table, hasUniqueIndex: reader.GetBoolean(3), obstacles);
        if (!await reader.IsDBNullAsync(4, cancellation).ConfigureAwait(false))
            warnings.Add($"{table.Table} has triggers that run at each row's update: {reader.GetString(4)}");
    }

    private static void FindKeyObstacles(PostgresTable table, bool hasUniqueIndex, List<string> obstacles)
    {
        var names = string.Join(", ", table.Keys.Select(key => Sql.Name(key.Name)));
        if (!hasUniqueIndex)
            obstacles.Add(
                $"table {table.Table} has no unique index on ({names}), so two rows could be one: "
                + $"CREATE UNIQUE INDEX ON {table.SqlName} ({names})");
        foreach (var key in table.Keys.Where(key => key.IsNullable))
            obstacles.Add(
                $"{table.Table}.{key.Name} identifies a row and may be NULL: "
                + $"ALTER TABLE {table.SqlName} ALTER COLUMN {Sql.Name(key.Name)} SET NOT NULL");
    }

    /// <summary>
    /// Sets a row's columns to what they are, and looks whether the row counts as updated. The transaction is rolled back.
    /// </summary>
    private static async Task TryUpdateAsync(
        NpgsqlConnection connection, PostgresTable table, List<string> obstacles, CancellationToken cancellation)
    {
        var set = string.Join(", ", table.Catalog.Select(column => $"{Sql.Name(column.Name)} = {Sql.Name(column.Name)}"));
        await using var command = new NpgsqlCommand(
            $"""
             WITH one AS MATERIALIZED (SELECT ctid AS at, tableoid AS part FROM {table.SqlName} LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED),
             tried AS (UPDATE {table.SqlName} t SET {set} FROM one WHERE t.ctid = one.at AND t.tableoid = one.part RETURNING 1)
             SELECT (SELECT count(*) FROM one), (SELECT count(*) FROM tried),
               (SELECT count(*) FROM (SELECT FROM {table.SqlName} LIMIT 2) two)
             """,
            connection);
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (reader.GetInt64(0) != reader.GetInt64(1))
                obstacles.Add(
                    $"an update of {table.Table} changes no row: a trigger suppresses it; disable it for the time of the rotation");
            if (table.Table.IsSingleRow && reader.GetInt64(2) > 1)
                obstacles.Add($"{table.Table} should hold a single row and holds more");
        }
        catch (PostgresException e) when (
            e.SqlState == PostgresErrorCodes.ObjectNotInPrerequisiteState && !PostgresErrors.MayQuoteTheRow(e))
        {
            // The server's own words for a table that is published without a replica identity.
            obstacles.Add(
                $"{table.Table} cannot be updated: {e.MessageText}; "
                + $"ALTER TABLE {table.SqlName} REPLICA IDENTITY … or take it out of the publication");
        }
    }

    private static NpgsqlParameter Oid(PostgresTable table) => new() { Value = table.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid };
}
