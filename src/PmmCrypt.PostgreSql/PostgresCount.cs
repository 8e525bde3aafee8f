using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Counts values where they are, as of one moment: the server sorts rows by how their values begin, and sends numbers. Only rows that hold
/// something that a beginning does not tell are sent themselves: under an unknown key, cut short, of another JSON type, of json or text.
/// </summary>
internal sealed class PostgresCount : ICountedSnapshot
{
    private readonly NpgsqlTransaction _transaction;
    private readonly IReadOnlyList<(PostgresTable Table, string IsDoubtfulSql)> _rest;

    private PostgresCount(
        NpgsqlTransaction transaction, long rows, IReadOnlyList<ValueCount> counts, IReadOnlyList<(PostgresTable, string)> rest)
    {
        _transaction = transaction;
        Rows = rows;
        Counts = counts;
        _rest = rest;
    }

    public long Rows { get; }

    public IReadOnlyList<ValueCount> Counts { get; }

    public static async Task<PostgresCount> TakeAsync(
        NpgsqlConnection connection, IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, CancellationToken cancellation)
    {
        var transaction = await PostgresConnections.BeginAsync(connection, IsolationLevel.RepeatableRead, forWriting: false, cancellation)
            .ConfigureAwait(false);
        try
        {
            await PostgresSnapshot.KeepTablesAsync(connection, tables, cancellation).ConfigureAwait(false);
            var rows = 0L;
            var counts = new Dictionary<(int Table, int Field, int Number), long>();
            var rest = new List<(PostgresTable, string)>();
            var classes = tables.OfType<PostgresTable>().Where(table => table.IsPresent)
                .Select(table => (Table: table, Classes: new PrefixClasses(table, keyIds))).ToArray();
            for (var table = 0; table < classes.Length; table++)
            {
                var left = false;
                await foreach (var (numbers, count) in ReadAsync(transaction, classes[table].Classes, cancellation).ConfigureAwait(false))
                {
                    if (PrefixClasses.AreDoubtful(numbers))
                    {
                        left = true;
                        continue;
                    }

                    rows += count;
                    for (var field = 0; field < numbers.Length; field++)
                    {
                        var place = (table, field, numbers[field]);
                        counts[place] = counts.GetValueOrDefault(place) + count;
                    }
                }

                if (left)
                    rest.Add((classes[table].Table, classes[table].Classes.IsDoubtfulSql));
            }

            var described = counts
                .Select(entry => classes[entry.Key.Table].Classes.Describe(entry.Key.Field, entry.Key.Number, entry.Value))
                .OfType<ValueCount>();
            return new PostgresCount(transaction, rows, [.. described], rest);
        }
        catch
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async IAsyncEnumerable<RowPage> ReadRestAsync(PageSize size, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var (table, isDoubtful) in _rest)
        {
            await foreach (var page in BinaryCopyReader
                .ReadAsync(_transaction.Connection!, table, isDoubtful, withPlaces: false, size, cancellation).ConfigureAwait(false))
                yield return page;
        }
    }

    public ValueTask DisposeAsync() => _transaction.DisposeAsync();

    /// <summary>The groups as they come: how many there are is the data's affair, and none is kept.</summary>
    private static async IAsyncEnumerable<(int[] Numbers, long Rows)> ReadAsync(
        NpgsqlTransaction transaction, PrefixClasses classes, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var connection = transaction.Connection!;
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            // To compile so long an expression takes longer than it saves.
            BatchCommands = { new NpgsqlBatchCommand("SET LOCAL jit = off"), new NpgsqlBatchCommand(classes.CountSql) },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            yield return (reader.GetFieldValue<int[]>(0), reader.GetInt64(1));
    }
}
