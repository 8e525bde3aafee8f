using System.Data;
using System.Text;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Replaces rows of a page in one statement and one short transaction.</summary>
/// <remarks>
/// <code>
/// begin
///   is our lock still held?                                    no: roll back, the run ends
///   lock the rows that are there and that nobody holds          (skip locked: a page never waits for a row, so it is in no deadlock)
///   update each whose written columns are all as they were read (whole columns, compared by the server)
///   hear which rows those were
/// commit, durable
/// </code>
/// A row that is not among them met a writer. It is not lost: it is read again by the next pass.
/// </remarks>
internal sealed class PostgresWriter(NpgsqlConnection connection)
{
    private const int Attempts = 5;

    private readonly Dictionary<(PostgresTable Table, string Columns), string> _statements = [];

    public async Task<IReadOnlyList<bool>> ReplaceAsync(
        PostgresTable table, RowPage page, RowChanges changes, PostgresLock held, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryReplaceAsync(table, page, changes, held, cancellation).ConfigureAwait(false);
            }
            catch (PostgresException e) when (PostgresErrors.IsTransient(e) && attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlyList<bool>> TryReplaceAsync(
        PostgresTable table, RowPage page, RowChanges changes, PostgresLock held, CancellationToken cancellation)
    {
        var written = Enumerable.Range(0, table.Catalog.Count).Where(column => IsWritten(changes, column)).ToArray();
        await using var transaction = await PostgresConnections.BeginAsync(connection, IsolationLevel.ReadCommitted, durable: true, cancellation)
            .ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SELECT {held.IsHeldSql}"));
        batch.BatchCommands.Add(Update(table, page, changes, written));

        var replaced = new bool[changes.Count];
        await using (var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
        {
            if (!await reader.ReadAsync(cancellation).ConfigureAwait(false) || !reader.GetBoolean(0))
            {
                throw new StoreException(
                    "the encryption lock was lost while the rotation ran; the page that was under way was not written",
                    "run the same command again: it goes on where this run stopped");
            }

            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                replaced[reader.GetInt64(0) - 1] = true;
        }

        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return replaced;
    }

    private static bool IsWritten(RowChanges changes, int column)
    {
        for (var change = 0; change < changes.Count; change++)
        {
            if (changes.Column(change, column) is not null)
                return true;
        }

        return false;
    }

    private NpgsqlBatchCommand Update(PostgresTable table, RowPage page, RowChanges changes, int[] written)
    {
        var signature = string.Join(',', written);
        if (!_statements.TryGetValue((table, signature), out var sql))
            _statements.Add((table, signature), sql = UpdateSql(table, written));
        var command = new NpgsqlBatchCommand(sql);
        for (var i = 0; i < table.Keys.Count; i++)
        {
            var keys = new string[changes.Count];
            for (var change = 0; change < keys.Length; change++)
                keys[change] = PostgresReader.KeyText(page.Key(changes.Row(change)).Values[i]);
            command.Parameters.Add(TextArray(keys));
        }

        foreach (var column in written)
        {
            var (old, @new) = (new ReadOnlyMemory<byte>?[changes.Count], new ReadOnlyMemory<byte>?[changes.Count]);
            for (var change = 0; change < changes.Count; change++)
            {
                if ((@new[change] = changes.Column(change, column)) is not null)
                    old[change] = page.Column(changes.Row(change), column);
            }

            command.Parameters.Add(TextArray(old));
            command.Parameters.Add(TextArray(@new));
        }

        return command;
    }

    // Arrays of one length: unnest would fill up a shorter one with NULL, and NULL means "stays as it is".
    private static NpgsqlParameter TextArray(Array values) => new() { Value = values, DataTypeName = "text[]" };

    private static string UpdateSql(PostgresTable table, int[] written)
    {
        var keys = table.Keys.Select((key, i) => (Column: $"t.{Sql.Name(key.Name)}", Value: $"k{i}", key.Type)).ToArray();
        var parameters = keys.Select(key => key.Value).Concat(written.SelectMany(column => new[] { $"o{column}", $"v{column}" })).ToArray();
        var sameRow = keys.Length == 0
            ? "true"
            : string.Join(" AND ", keys.Select(key => $"{key.Column} = n.{key.Value}::{key.Type}"));
        var set = written.Select(column => Assignment(table.Catalog[column], column));
        var unchanged = written.Select(column => Unchanged(table.Catalog[column], column));
        var sql = new StringBuilder();
        sql.Append("UPDATE ").Append(table.SqlName).Append(" AS t SET ").AppendJoin(", ", set).Append('\n');
        sql.Append("FROM (SELECT n.* FROM unnest(").AppendJoin(", ", parameters.Select((_, i) => $"${i + 1}::text[]"))
            .Append(") WITH ORDINALITY AS n(").AppendJoin(", ", parameters).Append(", ordinal)\n")
            .Append("JOIN ").Append(table.SqlName).Append(" t ON ").Append(sameRow).Append(" FOR NO KEY UPDATE OF t SKIP LOCKED) n\n");
        sql.Append("WHERE ").Append(sameRow).Append(" AND ").AppendJoin(" AND ", unchanged).Append(" RETURNING n.ordinal");
        return sql.ToString();
    }

    /// <summary>Sets the new value where there is one. Without a cast to a length, which would cut a value short instead of refusing it.</summary>
    private static string Assignment(CatalogColumn column, int i)
    {
        var name = Sql.Name(column.Name);
        return column.Kind switch
        {
            ColumnKind.JsonB => $"{name} = coalesce(n.v{i}::jsonb, t.{name})",
            ColumnKind.Json => $"{name} = coalesce(n.v{i}::json, t.{name})",
            _ => $"{name} = coalesce(n.v{i}, t.{name})",
        };
    }

    /// <summary>
    /// The whole column is as it was read. Text is compared byte for byte, whatever the column's collation takes for equal; jsonb as jsonb, since the
    /// server normalises it.
    /// </summary>
    private static string Unchanged(CatalogColumn column, int i)
    {
        var name = $"t.{Sql.Name(column.Name)}";
        var same = column.Kind == ColumnKind.JsonB ? $"{name} = n.o{i}::jsonb" : $"{name}::text COLLATE \"C\" = n.o{i} COLLATE \"C\"";
        return $"(n.v{i} IS NULL OR {same})";
    }
}
