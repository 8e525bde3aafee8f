using System.Data;
using System.Globalization;
using Npgsql;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Replaces rows of a page in one statement and one short transaction.</summary>
/// <remarks>
/// <code>
/// begin
///   is our lock still held, on the server that the page was read from?       no: roll back
///   lock the rows that are still the version that was read, and that nobody holds
///                                    (skip locked: a page never waits for a row, so it is in no deadlock)
///   update those, where they still are
///   hear which rows those were
/// commit, without waiting for the disk
/// </code>
/// A row is recognised by its key, which is unique, and the transaction id that wrote it (xmin): whatever of the row changed since, in any
/// column, it is another version. In a heap it is looked for where it was read (ctid); the key stays a condition, for a table that is
/// rewritten meanwhile has other rows of the same transaction there. A row that is not replaced met a writer. It is not lost: the next pass
/// reads it again.
/// </remarks>
internal sealed class PostgresWriter(NpgsqlConnection connection)
{
    private const int Attempts = 5;

    private readonly Dictionary<(PostgresTable Table, string Columns), string> _statements = [];

    public async Task<IReadOnlyList<bool>> ReplaceAsync(
        PostgresTable table, RowPage page, RowChanges changes, PostgresLock held, Action? beforeCommit,
        CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryReplaceAsync(table, page, changes, held, beforeCommit, cancellation).ConfigureAwait(false);
            }
            catch (PostgresException e) when (PostgresErrors.IsTransient(e) && attempt < Attempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 << attempt), cancellation).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                throw new StoreException(
                    $"another session keeps {table.Table} locked; the page that was under way was not written",
                    "see pg_locks for who holds it; " + PostgresErrors.GoesOn, e);
            }
        }
    }

    private async Task<IReadOnlyList<bool>> TryReplaceAsync(
        PostgresTable table, RowPage page, RowChanges changes, PostgresLock held, Action? beforeCommit,
        CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellation)
            .ConfigureAwait(false);
        // Nobody waits for the disk here: see FlushAsync of the store. A crash takes back whole pages, the last ones, and no key is gone.
        var check = new NpgsqlBatchCommand(
            $"SELECT {held.IsHeldSql}, {PostgresReader.ServerSql}, set_config('synchronous_commit', 'off', true)");
        var replaced = new bool[changes.Count];
        await using (var reader = await PostgresConnections.ExecuteAsync(
            transaction, forWriting: true, CommandBehavior.Default, [check, Update(table, page, changes)], cancellation)
                .ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (!reader.GetBoolean(0))
            {
                throw new StoreException(
                    "the encryption lock was lost while the rotation ran; the page that was under way was not written",
                    PostgresErrors.GoesOn);
            }

            if (reader.GetString(1) != page.Origin)
                return replaced;        // read from another server: nothing of it is known here, and it is rolled back

            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                replaced[reader.GetInt64(0) - 1] = true;
        }

        beforeCommit?.Invoke();
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return replaced;
    }

    /// <summary>The columns of which any change is of a kind.</summary>
    private static int[] Columns(PostgresTable table, RowChanges changes, Func<int, int, bool> isOfKind) =>
    [
        .. Enumerable.Range(0, table.Catalog.Count)
            .Where(column => Enumerable.Range(0, changes.Count).Any(change => isOfKind(change, column))),
    ];

    private NpgsqlBatchCommand Update(PostgresTable table, RowPage page, RowChanges changes)
    {
        var written = Columns(table, changes, changes.IsChanged);
        var emptied = Columns(table, changes, changes.IsNull);
        var signature = $"{string.Join(',', written)};{string.Join(',', emptied)}";
        if (!_statements.TryGetValue((table, signature), out var sql))
            _statements.Add((table, signature), sql = UpdateSql(table, written, emptied));
        var command = new NpgsqlBatchCommand(sql);
        if (table.IsHeap)
            command.Parameters.Add(TextArray(Each(changes, row => HeapPlace.Text(page.Place(row)))));
        command.Parameters.Add(TextArray(Each(changes, row => page.Version(row).ToString(CultureInfo.InvariantCulture))));
        for (var key = 0; key < table.Keys.Count; key++)
            command.Parameters.Add(TextArray(Each(changes, row => PostgresReader.KeyText(page.Key(row).Values[key]))));
        foreach (var column in written)
        {
            var values = new ReadOnlyMemory<byte>?[changes.Count];
            for (var change = 0; change < values.Length; change++)
                values[change] = changes.Column(change, column);
            command.Parameters.Add(TextArray(values));
        }

        foreach (var column in emptied)
        {
            var marks = new string?[changes.Count];
            for (var change = 0; change < marks.Length; change++)
                marks[change] = changes.IsNull(change, column) ? "" : null;
            command.Parameters.Add(TextArray(marks));
        }

        return command;
    }

    private static string[] Each(RowChanges changes, Func<int, string> text)
    {
        var texts = new string[changes.Count];
        for (var change = 0; change < texts.Length; change++)
            texts[change] = text(changes.Row(change));
        return texts;
    }

    // Arrays of one length: unnest would fill up a shorter one with NULL, and NULL means "stays as it is".
    private static NpgsqlParameter TextArray(Array values) => new() { Value = values, DataTypeName = "text[]" };

    private static string UpdateSql(PostgresTable table, int[] written, int[] emptied)
    {
        var keys = table.Keys.Select((key, i) => (Column: $"t.{Sql.Name(key.Name)}", Value: $"k{i}", key.Type)).ToArray();
        List<string> parameters = ["x", .. keys.Select(key => key.Value), .. written.Select(column => $"v{column}"),
            .. emptied.Select(column => $"z{column}")];
        // As the index compares it, and byte for byte: a collation may take two keys for equal that the index does not.
        var exactly = keys.Where((_, i) => table.IsSpelled(i))
            .Select(key => $"{key.Column}::text COLLATE \"C\" = n.{key.Value} COLLATE \"C\"");
        List<string> sameRow =
            ["t.xmin = n.x::xid", .. keys.Select(key => $"{key.Column} = n.{key.Value}::{key.Type}"), .. exactly];
        if (table.IsHeap)
        {
            parameters.Insert(0, "c");
            sameRow.Insert(0, "t.ctid = n.c::tid");
        }

        var isSameRow = string.Join(" AND ", sameRow);
        var set = string.Join(", ", written.Select(column => Assignment(table.Catalog[column], column, emptied.Contains(column))));
        var arrays = string.Join(", ", parameters.Select((_, i) => $"${i + 1}::text[]"));
        return $"""
            UPDATE {table.SqlName} AS t SET {set}
            FROM (SELECT n.* FROM unnest({arrays}) WITH ORDINALITY AS n({string.Join(", ", parameters)}, ordinal)
                  JOIN {table.SqlName} t ON {isSameRow} FOR NO KEY UPDATE OF t SKIP LOCKED) n
            WHERE {isSameRow} RETURNING n.ordinal
            """;
    }

    /// <summary>
    /// Sets the new value where there is one, or NULL where that is marked. Without a cast to a length, which would cut a value short instead
    /// of refusing it.
    /// </summary>
    private static string Assignment(CatalogColumn column, int i, bool mayBeEmptied)
    {
        var name = Sql.Name(column.Name);
        var value = column.Kind switch
        {
            ColumnKind.JsonB => $"coalesce(n.v{i}::jsonb, t.{name})",
            ColumnKind.Json => $"coalesce(n.v{i}::json, t.{name})",
            _ => $"coalesce(n.v{i}, t.{name})",
        };
        return $"{name} = {(mayBeEmptied ? $"CASE WHEN n.z{i} IS NULL THEN {value} END" : value)}";
    }
}
