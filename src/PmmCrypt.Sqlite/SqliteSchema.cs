using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;
using SQLitePCL;

namespace PmmCrypt.Sqlite;

/// <summary>Reads what tables, columns and unique indexes the database has.</summary>
internal sealed class SqliteSchema(SqliteSession session)
{
    private readonly Dictionary<EncryptedTable, SqliteKey> _keys = [];

    public TableLayout Describe(EncryptedTable table)
    {
        // A view is no table: it stores nothing, and what it shows is walked where it is stored.
        if (!IsTable(table))
            return new TableLayout(table, [], [table.ToString()]);

        var existing = Columns(table);
        var present = table.Columns.Where(column => existing.Any(other => SqliteNames.Same(other.Name, column.Name))).ToList();
        var missing = table.Columns.Except(present).Select(column => $"{table}.{column.Name}").ToList();
        var absent = table.Keys.FirstOrDefault(key => !existing.Any(other => SqliteNames.Same(other.Name, key.Name)));
        if (present.Count > 0 && absent is not null)
            throw new StoreSchemaException(
                $"Table {table} has encrypted columns but no column {absent.Name}, by which its rows are told apart.",
                "The model is of another version than the database: use the version that goes with it.");
        return new TableLayout(table, present, missing)
        {
            NeverNull =
            [
                .. present.Where(column => existing.Any(other => SqliteNames.Same(other.Name, column.Name) && other.IsNeverNull)),
            ],
        };
    }

    /// <summary>How the table's rows are told apart. It is looked up once: a schema does not change under a rotation.</summary>
    public SqliteKey KeyOf(EncryptedTable table)
    {
        if (!_keys.TryGetValue(table, out var key))
            _keys.Add(table, key = FindKey(table));
        return key;
    }

    /// <summary>The encrypted columns whose value the database computes.</summary>
    public IEnumerable<string> GeneratedColumns(TableLayout layout) => Columns(layout.Table)
        .Where(column => column.IsGenerated && layout.Columns.Any(encrypted => SqliteNames.Same(encrypted.Name, column.Name)))
        .Select(column => column.Name);

    private bool IsTable(EncryptedTable table)
    {
        using var statement = session.Prepare(
            "SELECT 1 FROM pragma_table_list WHERE type <> 'view' AND schema = ?1 COLLATE NOCASE AND name = ?2 COLLATE NOCASE");
        statement.Bind(1, SqliteNames.Schema(table));
        statement.Bind(2, table.Name);
        return statement.Step();
    }

    private List<Column> Columns(EncryptedTable table)
    {
        // table_info leaves generated columns out; table_xinfo has them.
        using var statement = session.Prepare("SELECT name, pk, hidden, \"notnull\" FROM pragma_table_xinfo(?1, ?2)");
        statement.Bind(1, table.Name);
        statement.Bind(2, SqliteNames.Schema(table));
        var columns = new List<Column>();
        while (statement.Step())
        {
            columns.Add(new Column(
                statement.String(0), statement.Integer(1) > 0, statement.Integer(2) is 2 or 3, statement.Integer(3) != 0));
        }

        return columns;
    }

    private SqliteKey FindKey(EncryptedTable table)
    {
        var indexes = UniqueIndexes(table);
        var suitable = indexes
            .Where(index => index.Columns.All(column => table.Keys.Any(key => SqliteNames.Same(key.Name, column.Name))))
            .OrderByDescending(index => index.Columns.Select(column => column.Name)
                .SequenceEqual(table.Keys.Select(key => key.Name), StringComparer.OrdinalIgnoreCase))
            .FirstOrDefault();
        var columns = table.Keys.Select(key => new SqliteKeyColumn(
            key.Name, key.Type, suitable?.Columns.FirstOrDefault(column => SqliteNames.Same(column.Name, key.Name))?.Collation));
        return new SqliteKey([.. columns], table.IsSingleRow || suitable is not null);
    }

    /// <summary>Unique indexes over plain columns and every row; with them the rowid's own, where the primary key is the rowid.</summary>
    private List<UniqueIndex> UniqueIndexes(EncryptedTable table)
    {
        var found = new List<UniqueIndex>();
        var primaryHasIndex = false;
        using (var list = session.Prepare("SELECT name, origin, \"unique\", partial FROM pragma_index_list(?1, ?2)"))
        {
            list.Bind(1, table.Name);
            list.Bind(2, SqliteNames.Schema(table));
            while (list.Step())
            {
                primaryHasIndex |= list.String(1) == "pk";
                if (list.Integer(2) == 1 && list.Integer(3) == 0 && IndexColumns(table, list.String(0)) is { } columns)
                    found.Add(new UniqueIndex(columns));
            }
        }

        // A primary key without an index of its own is the rowid under another name.
        var primary = Columns(table).Where(column => column.IsPrimaryKey).ToList();
        if (!primaryHasIndex && primary is [var alias])
            found.Add(new UniqueIndex([new IndexColumn(alias.Name, null)]));
        return found;
    }

    /// <summary>The key columns of an index; null where one of them is an expression.</summary>
    private List<IndexColumn>? IndexColumns(EncryptedTable table, string index)
    {
        using var statement = session.Prepare("SELECT name, coll FROM pragma_index_xinfo(?1, ?2) WHERE key = 1");
        statement.Bind(1, index);
        statement.Bind(2, SqliteNames.Schema(table));
        var columns = new List<IndexColumn>();
        while (statement.Step())
        {
            if (statement.IsNull(0))
                return null;
            var (name, collation) = (statement.String(0), statement.String(1));
            columns.Add(new IndexColumn(name, SqliteNames.Same(collation, OwnCollation(table, name)) ? null : collation));
        }

        return columns;
    }

    private string OwnCollation(EncryptedTable table, string column)
    {
        var code = raw.sqlite3_table_column_metadata(
            session.Handle, SqliteNames.Schema(table), table.Name, column, out _, out string collation, out _, out _, out _);
        return code == raw.SQLITE_OK ? collation : throw session.Error(code);
    }

    private sealed record Column(string Name, bool IsPrimaryKey, bool IsGenerated, bool IsNeverNull);

    private sealed record UniqueIndex(IReadOnlyList<IndexColumn> Columns);

    private sealed record IndexColumn(string Name, string? Collation);
}
