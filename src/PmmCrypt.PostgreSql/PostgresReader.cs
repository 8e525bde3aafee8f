using System.Data;
using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Reads rows: all of them, or the next page of them.</summary>
internal static class PostgresReader
{
    /// <summary>
    /// An SQL expression that differs from server to server: the moment at which this one was started, to the microsecond.
    /// </summary>
    public const string ServerSql = "pg_postmaster_start_time()::text";

    /// <summary>Which server a connection is to.</summary>
    public static async Task<string> ServerAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"SELECT {ServerSql}", connection);
        return (string)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    /// <summary>Reads every row of the tables in the transaction that is under way.</summary>
    public static async IAsyncEnumerable<RowPage> ReadAsync(
        NpgsqlConnection connection, IReadOnlyList<TableLayout> tables, bool withPlaces, PageSize size,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var table in tables.Where(table => table.IsPresent).Cast<PostgresTable>())
        {
            var pages = BinaryCopyReader.ReadAsync(connection, table, null, withPlaces, size, cancellation);
            await foreach (var page in pages.ConfigureAwait(false))
                yield return page;
        }
    }

    /// <summary>
    /// Reads the next rows, each with its version, and with which server it was: a version means something on that server alone. A standby
    /// that is promoted hands out the same transaction ids once more.
    /// </summary>
    /// <remarks>
    /// A heap is read as it lies on the disk. In the order of keys, which are random as a rule, each row of a page would be in another
    /// block, and its long values in yet others.
    /// </remarks>
    public static async Task<RowPage> ReadPageAsync(
        NpgsqlConnection connection, PostgresTable table, PagePosition? from, PageSize size, uint? doneUnder, PostgresLock? claims,
        CancellationToken cancellation)
    {
        // One moment for the whole page: the heap's size, which transaction is next, and the rows.
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation).ConfigureAwait(false);
        await using var ownedTransaction = transaction.ConfigureAwait(false);
        var page = new RowPage(table);
        try
        {
            if (from is PlacesPosition places)
                await FillFromPlacesAsync(transaction, table, places, page, size, cancellation).ConfigureAwait(false);
            else if (table.IsHeap)
                await FillFromHeapAsync(transaction, table, from, page, size, doneUnder, claims, cancellation).ConfigureAwait(false);
            else
                await FillByKeyAsync(transaction, table, from as KeyPosition, page, size, doneUnder, cancellation)
                    .ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
            return page;
        }
        catch
        {
            page.Dispose();
            throw;
        }
    }

    /// <summary>A page that is full ends at its last row, so rows have to come in the order of their places.</summary>
    private static readonly string[] InOrder = ["SET LOCAL max_parallel_workers_per_gather = 0", "SET LOCAL synchronize_seqscans = off"];

    private static async Task FillFromHeapAsync(
        NpgsqlTransaction transaction, PostgresTable table, PagePosition? from, RowPage page, PageSize size, uint? doneUnder,
        PostgresLock? claims, CancellationToken cancellation)
    {
        var state = new NpgsqlBatchCommand(
            $"SELECT {ServerSql}, pg_relation_size($1) / current_setting('block_size')::bigint,"
            + " pg_snapshot_xmax(pg_current_snapshot())::xid");
        state.Parameters.Add(new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid });
        HeapPosition position;
        long blocks;
        await using (var reader = await PostgresConnections.ExecuteAsync(
            transaction, forWriting: false, CommandBehavior.Default, [.. InOrder.Select(set => new NpgsqlBatchCommand(set)), state],
            cancellation).ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            page.Origin = reader.GetString(0);
            blocks = reader.GetInt64(1);
            position = from as HeapPosition ?? HeapPosition.Beginning(blocks, reader.GetFieldValue<uint>(2));
        }

        if (from is SharedPosition)
        {
            var parts = await HeapParts.DivideAsync(claims, table.Oid, blocks, cancellation).ConfigureAwait(false);
            position = position with { From = position.End, Parts = parts };
        }

        // What is read at once may be empty, and is not the end.
        while (page.Count == 0)
        {
            if (position.IsEnd)
            {
                if (position.Parts is null || await position.Parts.NextAsync(position, cancellation).ConfigureAwait(false) is not { } next)
                {
                    page.LeftParts = position.Parts?.HasLeft == true;
                    return;
                }

                position = next;
            }

            await BinaryCopyReader.FillAsync(transaction.Connection!, table, HeapSql(table, position, doneUnder), page, size, cancellation)
                .ConfigureAwait(false);
            position = position.Behind(page, size);
        }

        page.Next = position.IsEnd && position.Parts is null ? null : position;
    }

    private static async Task FillFromPlacesAsync(
        NpgsqlTransaction transaction, PostgresTable table, PlacesPosition position, RowPage page, PageSize size,
        CancellationToken cancellation)
    {
        await using (var reader = await PostgresConnections.ExecuteAsync(
            transaction, forWriting: false, CommandBehavior.Default, [new NpgsqlBatchCommand($"SELECT {ServerSql}")], cancellation)
                .ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            page.Origin = reader.GetString(0);
        }

        var next = position.Next;
        while (page.Count == 0 && next < position.Places.Count)
        {
            var places = position.Places.Skip(next).Take(size.Rows).ToArray();
            var tids = string.Join(',', places.Select(place => $"\"{HeapPlace.Text(place)}\""));
            await BinaryCopyReader.FillAsync(
                transaction.Connection!, table, $"t.ctid = ANY ('{{{tids}}}'::tid[])", page, size, cancellation).ConfigureAwait(false);
            // The rows come in the order of their places. A page that is full ends where it is full.
            next += page.IsFull(size) ? Array.IndexOf(places, page.Place(page.Count - 1)) + 1 : places.Length;
        }

        page.Next = next < position.Places.Count ? position with { Next = next } : null;
    }

    private static string HeapSql(PostgresTable table, HeapPosition position, uint? doneUnder)
    {
        var where = $"t.ctid >= '{HeapPlace.Text(position.From)}' AND t.ctid < '{HeapPlace.Text(position.To)}'"
            // The age of a transaction is how many came after it; one of a far past can seem to be of the future.
            + $" AND (age(t.xmin) > age('{position.Horizon}'::xid) OR age(t.xmin) < 0)";
        return doneUnder is { } keyId ? $"{where} AND {DoneFilter.NotDone(table, keyId)}" : where;
    }

    private static async Task FillByKeyAsync(
        NpgsqlTransaction transaction, PostgresTable table, KeyPosition? from, RowPage page, PageSize size, uint? doneUnder,
        CancellationToken cancellation)
    {
        var select = new NpgsqlBatchCommand(PageSql(table, from is not null, size.Rows, doneUnder));
        foreach (var value in from?.After.Values ?? [])
            select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = KeyText(value) });
        await using var reader = await PostgresConnections.ExecuteAsync(
            transaction, forWriting: false, CommandBehavior.SequentialAccess, [new NpgsqlBatchCommand($"SELECT {ServerSql}"), select],
            cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        page.Origin = reader.GetString(0);
        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        var more = true;
        while (!page.IsFull(size) && (more = await reader.ReadAsync(cancellation).ConfigureAwait(false)))
            ReadRow(reader, table, page);
        if (more && table.Keys.Count > 0)
            page.Next = new KeyPosition(page.Key(page.Count - 1));
    }

    /// <summary>A key's value as PostgreSQL's input functions read it, whatever the column's type.</summary>
    public static string KeyText(object value) => Convert.ToString(value, CultureInfo.InvariantCulture)!;

    private static string PageSql(PostgresTable table, bool hasAfter, int rows, uint? doneUnder)
    {
        var keys = string.Join(", ", table.Keys.Select(key => $"t.{Sql.Name(key.Name)}"));
        var conditions = new List<string>();
        if (hasAfter)
            conditions.Add($"({keys}) > ({string.Join(", ", table.Keys.Select((key, i) => $"${i + 1}::text::{key.Type}"))})");
        if (doneUnder is { } keyId)
            conditions.Add(DoneFilter.NotDone(table, keyId));
        var where = conditions.Count == 0 ? "" : $" WHERE {string.Join(" AND ", conditions)}";
        // A single-row table has no order and no next page; one row more than it may have would be read too, and is refused by the probe.
        var order = keys.Length == 0 ? "" : $" ORDER BY {keys} LIMIT {rows + 1}";
        return $"SELECT t.xmin, {table.SelectList} FROM {table.SqlName} t{where}{order}";
    }

    private static void ReadRow(NpgsqlDataReader reader, PostgresTable table, RowPage page)
    {
        var version = reader.GetFieldValue<uint>(0);
        var key = new object[table.Keys.Count];
        for (var i = 0; i < key.Length; i++)
            key[i] = table.ParseKey(reader.GetString(1 + i), i);
        page.Begin(key.Length == 0 ? RowKey.SingleRow : new RowKey(key), version);
        for (var i = 0; i < table.Catalog.Count; i++)
        {
            var ordinal = 1 + key.Length + i;
            if (reader.IsDBNull(ordinal))
            {
                page.AddNull();
                continue;
            }

            using var value = reader.GetStream(ordinal);
            var length = (int)value.Length;
            value.ReadExactly(page.Reserve(length));
            page.Commit(length);
        }
    }
}
