using PmmCrypt.Rotation.Stores;
using SQLitePCL;

namespace PmmCrypt.Sqlite;

/// <summary>Replaces columns of rows that still hold what was read.</summary>
/// <remarks>
/// The guard compares bytes (collation BINARY, however the column collates) and the storage class: what was read from a BLOB or a number is
/// not text, so it never matches, and is neither replaced nor turned into text.
/// </remarks>
internal sealed class SqliteReplace(SqliteSession session, TableLayout layout, SqliteKey key) : IDisposable
{
    private readonly Dictionary<string, SqliteStatement> _statements = [];

    /// <summary>Replaces the columns of one row. False where the row is gone, or one of the columns is not what the page holds.</summary>
    public bool Replace(RowPage page, RowChanges changes, int change)
    {
        var row = changes.Row(change);
        var columns = Enumerable.Range(0, layout.Columns.Count).Where(column => changes.IsChanged(change, column)).ToArray();
        if (columns.Length == 0)
            return true;
        var statement = StatementFor(columns);
        statement.Reset();

        // ?1 … are the new values, then as many old ones, then the key.
        for (var i = 0; i < columns.Length; i++)
        {
            if (changes.Column(change, columns[i]) is { } value)
                statement.Bind(i + 1, value.Span);
            else
                statement.BindNull(i + 1);
            var old = columns.Length + i + 1;
            if (page.IsNull(row, columns[i]))
                statement.BindNull(old);
            else
                statement.Bind(old, page.Column(row, columns[i]).Span);
        }

        SqliteRows.BindKey(statement, (2 * columns.Length) + 1, page.Key(row));
        while (statement.Step())        // to its end: the rows are counted only then
            RequireText(statement, columns);
        // Rows that a trigger changes are not counted, nor is one that a trigger keeps from changing.
        var replaced = raw.sqlite3_changes(session.Handle) > 0;
        statement.Reset();
        return replaced;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
    }

    private SqliteStatement StatementFor(int[] columns)
    {
        var set = string.Join(',', columns);
        if (!_statements.TryGetValue(set, out var statement))
            _statements.Add(set, statement = session.Prepare(Sql(columns)));
        return statement;
    }

    private string Sql(int[] columns)
    {
        var names = columns.Select(column => layout.Columns[column].Name).ToList();
        var set = string.Join(", ", names.Select((name, i) => $"{SqliteNames.Quote(name)} = ?{i + 1}"));
        var guards = string.Join(" AND ", names.Select((name, i) => Guard(SqliteNames.Column(name), names.Count + i + 1)));
        var types = string.Join(", ", names.Select(name => $"typeof({SqliteNames.Quote(name)})"));
        return $"UPDATE {SqliteNames.Source(layout.Table)} SET {set} WHERE {key.Match((2 * names.Count) + 1)} AND {guards} RETURNING {types}";
    }

    /// <summary>
    /// A column of a type that SQLite does not know for one of text makes a number of what looks like one: of a ciphertext never, of a
    /// secret in the clear it may, and then 00123456 is 123456 for good.
    /// </summary>
    private void RequireText(SqliteStatement returned, int[] columns)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            if (returned.String(i) is not ("text" or "null"))
                throw new StoreException(
                    $"column {layout.Columns[columns[i]].Name} of table {layout.Table} made a number of a secret; the page was taken back",
                    "give the column the type TEXT (in a new table, to which the rows are copied), then run the same command again");
        }
    }

    private static string Guard(string column, int old) => $"typeof({column}) = typeof(?{old}) AND {column} COLLATE BINARY IS ?{old}";
}
