using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;
using SQLitePCL;

namespace PmmCrypt.Sqlite;

/// <summary>Tries whether rows can be replaced later, in a transaction that is rolled back.</summary>
internal sealed class SqliteProbe(SqliteSession session, SqliteSchema schema)
{
    private readonly List<string> _obstacles = [];
    private readonly List<string> _warnings = [];

    public async Task<ProbeResult> ProbeAsync(IReadOnlyList<TableLayout> tables, CancellationToken cancellation)
    {
        var present = tables.Where(layout => layout.IsPresent).ToList();
        foreach (var layout in present)
        {
            cancellation.ThrowIfCancellationRequested();
            ProbeKey(layout);
            ProbeValues(layout);
            ProbeDefinition(layout);
        }

        if (session.IsReadOnly)
            _obstacles.Add($"{session.Path} is read-only here: run this as the user that owns the file and its folder.");
        else
            await TryWritingAsync(present, cancellation).ConfigureAwait(false);
        return new ProbeResult(_obstacles, _warnings);
    }

    private void ProbeKey(TableLayout layout)
    {
        var table = layout.Table;
        if (table.IsSingleRow)
        {
            if (Count(layout, "true") > 1)
                _obstacles.Add(
                    $"Table {table} has more than one row, and the model says that it has one: find out which one the service uses.");
            return;
        }

        if (!schema.KeyOf(table).IsUnique)
            _obstacles.Add(
                $"Table {table} has no unique index on {Names(table.Keys)}, so a row cannot be told from another: "
                + "add one (over plain columns, without WHERE).");
        foreach (var key in table.Keys)
        {
            // NULL above all: SQLite lets it into a primary key that is not an integer, any number of times.
            if (Count(layout, $"typeof({SqliteNames.Column(key.Name)}) NOT IN ('text', 'integer')") is > 0 and var rows)
                _obstacles.Add(
                    $"Table {table} has {Rows(rows)} whose key column {key.Name} is NULL, or neither text nor an integer: "
                    + "give each a key, or delete it.");
        }
    }

    private void ProbeValues(TableLayout layout)
    {
        foreach (var column in layout.Columns)
        {
            if (Count(layout, $"typeof({SqliteNames.Column(column.Name)}) NOT IN ('text', 'null')") is > 0 and var rows)
                _obstacles.Add(
                    $"Table {layout.Table} has {Rows(rows)} whose column {column.Name} holds a number or a BLOB instead of text, "
                    + "which is never replaced. Find out what wrote them, and store text.");
        }
    }

    private void ProbeDefinition(TableLayout layout)
    {
        foreach (var column in schema.GeneratedColumns(layout))
            _obstacles.Add($"Column {column} of table {layout.Table} is generated: encrypt the column that it is computed from instead.");
        foreach (var trigger in SqliteTriggers.OnUpdate(session, layout.Table))
            _warnings.Add(
                $"Trigger {trigger} of table {layout.Table} may run for every row that is replaced: "
                + "see that it stays true to the secrets.");
    }

    private async Task TryWritingAsync(IReadOnlyList<TableLayout> tables, CancellationToken cancellation)
    {
        // What is there already is written again, also where every table is empty: it takes the journal, and so the folder.
        var version = session.Scalar("PRAGMA user_version");
        if ((await TryAsync($"PRAGMA user_version = {version}", cancellation).ConfigureAwait(false)).Error is { } error)
        {
            _obstacles.Add(Sentence(error));
            return;
        }

        foreach (var layout in tables.Where(layout => schema.KeyOf(layout.Table).IsUnique))
        {
            var generated = schema.GeneratedColumns(layout).ToList();
            foreach (var column in layout.Columns.Where(column => !generated.Exists(name => SqliteNames.Same(name, column.Name))))
                await TryUpdateAsync(layout, column, cancellation).ConfigureAwait(false);
        }
    }

    private async Task TryUpdateAsync(TableLayout layout, EncryptedColumn column, CancellationToken cancellation)
    {
        var (table, name) = (layout.Table, column.Name);
        if (Count(layout, IsTriable(layout, name)) == 0)
            return;
        var trial = await TryAsync(TrialUpdate(layout, name), cancellation).ConfigureAwait(false);
        if (trial.Error is null && trial.Rows == 0)
            _obstacles.Add(
                $"A trigger of table {table} silently keeps column {name} from being replaced: drop it for the time of the rotation.");
        else if (trial.Code is raw.SQLITE_CONSTRAINT_TRIGGER)
            _obstacles.Add($"A trigger of table {table} forbids that column {name} is replaced: drop it for the time of the rotation.");
        else if (SqliteErrors.Primary(trial.Code) is raw.SQLITE_CONSTRAINT)
            _warnings.Add($"Table {table} has a constraint that column {name} has to meet: see that it lets every ciphertext in.");
        else if (trial.Error is { } error)
            _obstacles.Add($"Column {name} of table {table} cannot be replaced. {Sentence(error)}");
    }

    /// <summary>Changes one value, for the triggers that look for a change. A space is the least that any text bears, JSON too.</summary>
    private static string TrialUpdate(TableLayout layout, string name)
    {
        var source = SqliteNames.Source(layout.Table);
        var keys = string.Join(", ", layout.Table.Keys.Select(key => SqliteNames.Column(key.Name)));
        var triable = IsTriable(layout, name);
        var row = layout.Table.IsSingleRow ? triable : $"({keys}) IN (SELECT {keys} FROM {source} WHERE {triable} LIMIT 1)";
        return $"UPDATE {source} SET {SqliteNames.Quote(name)} = {SqliteNames.Column(name)} || ' ' WHERE {row}";
    }

    /// <summary>A row that has a value to change, and a key to find it by: that NULL equals nothing is no trigger's doing.</summary>
    private static string IsTriable(TableLayout layout, string column) => string.Join(" AND ",
        layout.Table.Keys.Select(key => $"{SqliteNames.Column(key.Name)} IS NOT NULL")
            .Prepend($"typeof({SqliteNames.Column(column)}) = 'text'"));

    /// <summary>
    /// Runs one statement in a transaction of its own, which is rolled back: a trigger's RAISE(ROLLBACK) would end a longer one unseen.
    /// </summary>
    private async Task<Trial> TryAsync(string sql, CancellationToken cancellation)
    {
        await session.BeginImmediateAsync(cancellation).ConfigureAwait(false);
        try
        {
            using var statement = session.Prepare(sql);
            var code = statement.Run();
            // Asked before the rollback, which has results of its own.
            return code == raw.SQLITE_DONE
                ? new Trial(code, raw.sqlite3_changes(session.Handle), null)
                : new Trial(code, 0, session.Error(code));
        }
        catch (StoreException error)        // it cannot even be prepared: a collation or a function of the service's own, say
        {
            return new Trial(raw.SQLITE_ERROR, 0, error);
        }
        finally
        {
            session.Rollback();
        }
    }

    private long Count(TableLayout layout, string condition) =>
        session.Scalar($"SELECT count(*) FROM {SqliteNames.Source(layout.Table)} WHERE {condition}");

    private static string Sentence(StoreException error) => error.Hint is null ? error.Message : $"{error.Message} {error.Hint}";

    private static string Names(IEnumerable<KeyColumn> keys) => string.Join(", ", keys.Select(key => key.Name));

    private static string Rows(long count) => count == 1 ? "a row" : $"{count} rows";

    private readonly record struct Trial(int Code, int Rows, StoreException? Error);
}
