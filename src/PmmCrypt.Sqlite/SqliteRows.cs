using System.Runtime.CompilerServices;
using System.Text;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;
using SQLitePCL;

namespace PmmCrypt.Sqlite;

/// <summary>Reads rows of one table into pages.</summary>
/// <remarks>
/// <para>
/// A key is read as it is stored, whatever the model calls it: TEXT is a string (a Guid too, whose spelling must survive for the row to be
/// found again), INTEGER a long; 0 and 1 of a Boolean column a bool. REAL, BLOB and NULL identify nothing here, and are an error.
/// </para>
/// <para>
/// A column that holds a BLOB shows its bytes, and one that holds a number its text, so that the walk reports what it makes of them.
/// Neither is ever replaced: see <see cref="SqliteReplace"/>.
/// </para>
/// </remarks>
internal sealed class SqliteRows(SqliteSession session, TableLayout layout, SqliteKey key)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly object True = true;
    private static readonly object False = false;

    /// <summary>The next page in key order, in one statement, which is a moment of its own.</summary>
    public RowPage ReadPage(RowKey? after, PageSize size)
    {
        var page = new RowPage(layout);
        try
        {
            if (layout.Table.IsSingleRow && after is not null)
                return page;

            using var statement = session.Prepare(PageStatement(after));
            // One row more than the page takes tells whether the table goes on.
            statement.Bind(1, (long)size.Rows + 1);
            if (after is not null)
                BindKey(statement, 2, after);
            Fill(page, statement, statement.Step(), size);
            return page;
        }
        catch
        {
            page.Dispose();
            throw;
        }
    }

    /// <summary>All rows, in the order in which they lie in the file: a sort would take memory for the whole table.</summary>
    /// <remarks>The session is in a transaction, which makes it one moment.</remarks>
    public async IAsyncEnumerable<RowPage> ReadAllAsync(PageSize size, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var statement = session.Prepare($"SELECT {Selected} FROM {SqliteNames.Source(layout.Table)}");
        var more = statement.Step();
        while (more)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = new RowPage(layout);
            try
            {
                more = Fill(page, statement, more, size);
            }
            catch
            {
                page.Dispose();
                throw;
            }

            yield return page;
        }

        await Task.CompletedTask.ConfigureAwait(false);     // SQLite has no asynchronous reads
    }

    /// <summary>Binds the values of a key to consecutive parameters.</summary>
    public static void BindKey(SqliteStatement statement, int parameter, RowKey key)
    {
        foreach (var value in key.Values)
        {
            switch (value)
            {
                case string text:
                    statement.Bind(parameter, StrictUtf8.GetBytes(text));
                    break;
                case long number:
                    statement.Bind(parameter, number);
                    break;
                case bool flag:
                    statement.Bind(parameter, flag ? 1 : 0);
                    break;
                default:
                    throw new ArgumentException($"A key of this store holds no {value.GetType().Name}.", nameof(key));
            }

            parameter++;
        }
    }

    private string Selected => string.Join(", ",
        key.Columns.Select(column => SqliteNames.Column(column.Name))
            .Concat(layout.Columns.Select(column => SqliteNames.Column(column.Name))));

    private string PageStatement(RowKey? after)
    {
        var sql = $"SELECT {Selected} FROM {SqliteNames.Source(layout.Table)}";
        if (after is not null)
            sql += $" WHERE {key.After(2)}";
        if (!layout.Table.IsSingleRow)
            sql += $" ORDER BY {key.Order}";
        return sql + " LIMIT ?1";
    }

    /// <summary>Takes rows, the one that the statement stands on first, until the page is full. False at the table's end.</summary>
    private bool Fill(RowPage page, SqliteStatement statement, bool more, PageSize size)
    {
        while (more && !page.IsFull(size))
        {
            page.Begin(ReadKey(statement));
            for (var i = 0; i < layout.Columns.Count; i++)
            {
                if (statement.IsNull(key.Columns.Count + i))
                    page.AddNull();
                else
                    page.Add(statement.Bytes(key.Columns.Count + i));
            }

            more = statement.Step();
            if (more && layout.Table.IsSingleRow)
                throw new StoreException(
                    $"Table {layout.Table} has more than one row, and the model says that it has one.",
                    "Find out which row the service uses.");
        }

        page.Next = more ? new KeyPosition(page.Key(page.Count - 1)) : null;
        return more;
    }

    private RowKey ReadKey(SqliteStatement statement)
    {
        if (key.Columns.Count == 0)
            return RowKey.SingleRow;
        var values = new object[key.Columns.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = ReadKeyValue(statement, i);
        return new RowKey(values);
    }

    private object ReadKeyValue(SqliteStatement statement, int index)
    {
        var column = key.Columns[index];
        switch (statement.TypeOf(index))
        {
            case raw.SQLITE_TEXT:
                try
                {
                    return StrictUtf8.GetString(statement.Bytes(index));
                }
                catch (ArgumentException)
                {
                    throw Unfit(column, "text that is not UTF-8");
                }

            case raw.SQLITE_INTEGER:
                var number = statement.Integer(index);
                return (column.Type, number) switch
                {
                    (KeyColumnType.Boolean, 0) => False,
                    (KeyColumnType.Boolean, 1) => True,
                    _ => number,
                };
            case raw.SQLITE_NULL:
                throw Unfit(column, "NULL");
            default:
                throw Unfit(column, "neither text nor an integer");
        }
    }

    private StoreException Unfit(SqliteKeyColumn column, string what) => new(
        $"Table {layout.Table} has a row whose key column {column.Name} holds {what}: it cannot be told apart.",
        "Give the row a key, or delete it.");
}
