using SQLitePCL;

namespace PmmCrypt.Sqlite;

/// <summary>A prepared statement. Parameters count from 1, columns from 0, as they do in SQLite.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteSession _session;
    private readonly sqlite3_stmt _statement;

    public SqliteStatement(SqliteSession session, string sql)
    {
        _session = session;
        Check(raw.sqlite3_prepare_v2(session.Handle, sql, out _statement));
    }

    public void BindNull(int parameter) => Check(raw.sqlite3_bind_null(_statement, parameter));

    public void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(_statement, parameter, value));

    public void Bind(int parameter, string text) => Check(raw.sqlite3_bind_text(_statement, parameter, text));

    /// <summary>Binds UTF-8 as TEXT.</summary>
    public void Bind(int parameter, ReadOnlySpan<byte> text) =>
        // An empty span is a null pointer, which SQLite binds as NULL; the empty string's terminator gives it something to point at.
        Check(text.IsEmpty ? raw.sqlite3_bind_text(_statement, parameter, "") : raw.sqlite3_bind_text(_statement, parameter, text));

    /// <summary>Moves to the next row. False after the last.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        return code switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw _session.Error(raw.sqlite3_extended_errcode(_session.Handle)),
        };
    }

    /// <summary>Runs it to its end, and gives SQLITE_DONE or the extended error code.</summary>
    public int Run()
    {
        int code;
        do
            code = raw.sqlite3_step(_statement);
        while (code == raw.SQLITE_ROW);
        return code == raw.SQLITE_DONE ? code : raw.sqlite3_extended_errcode(_session.Handle);
    }

    /// <summary>Makes it ready to run again; what is bound stays bound.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement);      // its result repeats what Step has thrown already

    public int TypeOf(int column) => raw.sqlite3_column_type(_statement, column);

    public bool IsNull(int column) => TypeOf(column) == raw.SQLITE_NULL;

    public long Integer(int column) => raw.sqlite3_column_int64(_statement, column);

    public string String(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    /// <summary>A value's bytes: text as UTF-8, a BLOB as it is, a number as its text. They last until the next call.</summary>
    public ReadOnlySpan<byte> Bytes(int column)
    {
        // Asking for the text makes SQLite convert the value in place; the blob then is that text, in its true length (it may hold U+0000).
        if (TypeOf(column) != raw.SQLITE_BLOB)
            _ = raw.sqlite3_column_text(_statement, column);
        return raw.sqlite3_column_blob(_statement, column);
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw _session.Error(code);
    }
}
