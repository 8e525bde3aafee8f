using System.Collections.Concurrent;
using System.Data;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Reads every row of tables as of one moment. Where they are large, two connections read parts of them side by side in the same snapshot:
/// the server's work for one connection is that of one core.
/// </summary>
internal static class PostgresSnapshot
{
    /// <summary>How many blocks of a heap are read at once; what has no more than twice as many is read by one connection.</summary>
    private const long PartBlocks = 1024;

    /// <summary>How many pages may wait to be looked at.</summary>
    private const int Ahead = 4;

    /// <summary>Reads the tables in transactions of its own.</summary>
    /// <param name="first">A connection that is in no transaction.</param>
    /// <param name="second">Gives another; null where there is none to be had.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="size">How much is in a page.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async IAsyncEnumerable<RowPage> ReadAsync(
        NpgsqlConnection first, Func<Task<NpgsqlConnection?>> second, IReadOnlyList<TableLayout> tables, PageSize size,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var transaction = await PostgresConnections.BeginAsync(first, IsolationLevel.RepeatableRead, forWriting: false, cancellation)
            .ConfigureAwait(false);
        await using var ownedTransaction = transaction.ConfigureAwait(false);
        var isKept = await KeepTablesAsync(first, tables, cancellation).ConfigureAwait(false);
        IReadOnlyList<Part> parts = isKept ? await DivideAsync(first, tables, cancellation).ConfigureAwait(false) : [];
        if (parts.Count > 2 && await second().ConfigureAwait(false) is { } other
            && await PostgresReader.ServerAsync(first, cancellation).ConfigureAwait(false)
                == await PostgresConnections.ServerOfAsync(other, cancellation).ConfigureAwait(false))
        {
            await foreach (var page in ReadAsync(first, other, parts, size, cancellation).ConfigureAwait(false))
                yield return page;
            yield break;
        }

        await foreach (var page in PostgresReader.ReadAsync(first, tables, isKept, size, cancellation).ConfigureAwait(false))
            yield return page;
    }

    private static async IAsyncEnumerable<RowPage> ReadAsync(
        NpgsqlConnection first, NpgsqlConnection second, IEnumerable<Part> parts, PageSize size,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var export = new NpgsqlCommand("SELECT pg_export_snapshot()", first);
        var snapshot = (string)(await export.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
        var transaction = await second.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation).ConfigureAwait(false);
        await using var ownedTransaction = transaction.ConfigureAwait(false);
        await using (await PostgresConnections.ExecuteAsync(
            transaction, forWriting: false, CommandBehavior.Default, [new NpgsqlBatchCommand($"SET TRANSACTION SNAPSHOT '{snapshot}'")],
            cancellation).ConfigureAwait(false))
        {
            // It has no result.
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var pages = Channel.CreateBounded<RowPage>(Ahead);
        var queue = new ConcurrentQueue<Part>(parts);
        var reading = Task.WhenAll(ReadPartsAsync(first), ReadPartsAsync(second));
        var ending = reading.ContinueWith(
            // What was broken off is no end, or rows that were not read would not be missed.
            done => pages.Writer.TryComplete(done.IsCanceled ? new OperationCanceledException() : done.Exception?.InnerException),
            CancellationToken.None, TaskContinuationOptions.None,
            TaskScheduler.Default);
        try
        {
            await foreach (var page in pages.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
                yield return page;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ending.ConfigureAwait(false);
            while (pages.Reader.TryRead(out var page))
                page.Dispose();
        }

        async Task ReadPartsAsync(NpgsqlConnection connection)
        {
            try
            {
                while (queue.TryDequeue(out var part))
                {
                    var rows = BinaryCopyReader.ReadAsync(connection, part.Table, part.Where, withPlaces: true, size, stop.Token);
                    await foreach (var page in rows.ConfigureAwait(false))
                        await HandOverAsync(page).ConfigureAwait(false);
                }
            }
            catch
            {
                await stop.CancelAsync().ConfigureAwait(false);     // what the other reads is of no use any more
                throw;
            }
        }

        async ValueTask HandOverAsync(RowPage page)
        {
            try
            {
                await pages.Writer.WriteAsync(page, stop.Token).ConfigureAwait(false);
            }
            catch
            {
                page.Dispose();
                throw;
            }
        }
    }

    /// <summary>
    /// Locks the tables against being rewritten (ALTER TABLE, CLUSTER, TRUNCATE) before the moment is taken: of one that is rewritten after it
    /// and before it is read, that moment would show no row. Readers and writers go on.
    /// </summary>
    /// <returns>Whether they are locked. A role with rights on columns alone may not, and sees no places of rows either.</returns>
    public static async Task<bool> KeepTablesAsync(
        NpgsqlConnection connection, IReadOnlyList<TableLayout> tables, CancellationToken cancellation)
    {
        var names = tables.Where(table => table.IsPresent).Cast<PostgresTable>().Select(table => table.SqlName).ToArray();
        if (names.Length == 0)
            return false;
        await using var command = new NpgsqlCommand(
            $"SAVEPOINT keep; LOCK TABLE {string.Join(", ", names)} IN ACCESS SHARE MODE; RELEASE keep", connection);
        try
        {
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            command.CommandText = "ROLLBACK TO keep; RELEASE keep";
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Divides the tables into parts. Sizes are asked for in the snapshot, so that no row of it lies behind them.</summary>
    private static async Task<IReadOnlyList<Part>> DivideAsync(
        NpgsqlConnection connection, IReadOnlyList<TableLayout> tables, CancellationToken cancellation)
    {
        var parts = new List<Part>();
        foreach (var table in tables.Where(table => table.IsPresent).Cast<PostgresTable>())
        {
            var blocks = 0L;
            if (table.IsHeap)
            {
                await using var command = new NpgsqlCommand(
                    "SELECT pg_relation_size($1) / current_setting('block_size')::bigint", connection);
                command.Parameters.Add(new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid });
                blocks = (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
            }

            if (blocks <= PartBlocks)
            {
                parts.Add(new Part(table, null));
                continue;
            }

            for (var from = 0L; from < blocks; from += PartBlocks)
            {
                var end = from + PartBlocks;
                parts.Add(new Part(table, $"t.ctid >= '({from},0)'" + (end < blocks ? $" AND t.ctid < '({end},0)'" : "")));
            }
        }

        return parts;
    }

    private readonly record struct Part(PostgresTable Table, string? Where);
}
