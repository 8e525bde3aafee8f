using System.Diagnostics;
using Microsoft.Data.Sqlite;
using PmmCrypt.Rotation.Stores;
using SQLitePCL;

namespace PmmCrypt.Sqlite;

/// <summary>One connection to the database file, and the transaction it may be in.</summary>
/// <remarks>
/// Statements go to SQLite directly, not through ADO.NET commands: values stay bytes (no string of a secret is made that cannot be zeroed,
/// and text that is not UTF-8 survives), and waiting for another connection's lock can be cancelled.
/// </remarks>
internal sealed class SqliteSession : IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    // synchronous: EXTRA also syncs the folder after a rollback journal is deleted; with less, a power cut can undo a commit that returned.
    // fullfsync: the same promise on macOS, where fsync alone does not reach the disk. temp_store: a sort spills no secrets to files.
    // secure_delete: what was stored in the clear before does not linger in the file's free space.
    private const string Pragmas =
        "PRAGMA synchronous = EXTRA; PRAGMA fullfsync = ON; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;";

    private readonly SqliteConnection _connection;
    private readonly TimeSpan _patience;

    private SqliteSession(SqliteConnection connection, string path, TimeSpan patience)
    {
        _connection = connection;
        _patience = patience;
        Path = path;
    }

    /// <summary>The database file.</summary>
    public string Path { get; }

    public sqlite3 Handle => _connection.Handle ?? throw new ObjectDisposedException(nameof(SqliteSession));

    public bool IsReadOnly => raw.sqlite3_db_readonly(Handle, "main") == 1;

    /// <summary>Whether readers and a writer do not wait for each other.</summary>
    public bool IsWriteAheadLog
    {
        get
        {
            using var statement = Prepare("PRAGMA journal_mode");
            return statement.Step() && statement.String(0) == "wal";
        }
    }

    public bool IsInTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    /// <summary>Connects to a file that exists: none is ever made.</summary>
    public static SqliteSession Open(string path, SqliteStoreOptions options)
    {
        // Not pooled: a pooled connection would keep its file locks, and the file open, after the store is gone.
        var settings = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false };
        var connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            var session = new SqliteSession(connection, path, options.BusyTimeout);
            session.RestorePatience();
            session.Execute(Pragmas);
            session.Scalar("SELECT count(*) FROM sqlite_master");       // SQLite looks into the file only now
            return session;
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw SqliteErrors.From(error, path);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public SqliteStatement Prepare(string sql) => new(this, sql);

    public void Execute(string sql)
    {
        var code = TryExecute(sql);
        if (code != raw.SQLITE_OK)
            throw Error(code);
    }

    /// <summary>The integer in the first column of the only row.</summary>
    public long Scalar(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Integer(0) : throw new InvalidOperationException("A scalar without a row.");
    }

    /// <summary>Begins a transaction that shuts other writers out. False where one of them has not ended within the timeout.</summary>
    public async Task<bool> TryBeginImmediateAsync(TimeSpan timeout, CancellationToken cancellation) =>
        await TryAsync("BEGIN IMMEDIATE", timeout, cancellation).ConfigureAwait(false);

    /// <summary>As <see cref="TryBeginImmediateAsync"/>, with the session's own patience, and an error at its end.</summary>
    public async Task BeginImmediateAsync(CancellationToken cancellation)
    {
        if (!await TryBeginImmediateAsync(_patience, cancellation).ConfigureAwait(false))
            throw Error(raw.SQLITE_BUSY);
    }

    public async Task CommitAsync(CancellationToken cancellation)
    {
        if (!await TryAsync("COMMIT", _patience, cancellation).ConfigureAwait(false))
            throw Error(raw.SQLITE_BUSY);
    }

    /// <summary>Ends the transaction, if there still is one: an error may have ended it.</summary>
    public void Rollback()
    {
        if (IsInTransaction)
            _ = TryExecute("ROLLBACK");     // where it fails, closing the connection does the same
    }

    public StoreException Error(int code) => SqliteErrors.From(code, Handle, Path);

    public void Dispose() => _connection.Dispose();

    private async Task<bool> TryAsync(string sql, TimeSpan timeout, CancellationToken cancellation)
    {
        // SQLite's own waiting cannot be cancelled, so it is told not to wait.
        Check(raw.sqlite3_busy_timeout(Handle, 0));
        var watch = Stopwatch.StartNew();
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var code = TryExecute(sql);
                if (code == raw.SQLITE_OK)
                    return true;
                if (!SqliteErrors.IsBusy(code))
                    throw Error(code);
                if (watch.Elapsed >= timeout)
                    return false;
                await Task.Delay(RetryDelay, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            RestorePatience();
        }
    }

    private int TryExecute(string sql) =>
        raw.sqlite3_exec(Handle, sql) == raw.SQLITE_OK ? raw.SQLITE_OK : raw.sqlite3_extended_errcode(Handle);

    private void RestorePatience() => Check(raw.sqlite3_busy_timeout(Handle, (int)_patience.TotalMilliseconds));

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK)
            throw Error(code);
    }
}
