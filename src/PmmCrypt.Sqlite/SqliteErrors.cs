using Microsoft.Data.Sqlite;
using PmmCrypt.Rotation.Stores;
using SQLitePCL;

namespace PmmCrypt.Sqlite;

/// <summary>SQLite's errors in the operator's words. Nothing that may carry a row's value goes on.</summary>
internal static class SqliteErrors
{
    public static bool IsBusy(int code) => Primary(code) is raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>The primary code: the lower byte of an extended one.</summary>
    public static int Primary(int code) => code & 0xFF;

    public static StoreException From(SqliteException error, string path) =>
        Make(error.SqliteExtendedErrorCode, raw.sqlite3_errstr(error.SqliteErrorCode).utf8_to_string(), path);

    /// <summary>What the connection says of its last call, which returned <paramref name="code"/>.</summary>
    public static StoreException From(int code, sqlite3 connection, string path)
    {
        // What a constraint or a trigger says is its author's text, and may quote the row: only SQLite's own words go on.
        var words = Primary(code) == raw.SQLITE_CONSTRAINT ? raw.sqlite3_errstr(code) : raw.sqlite3_errmsg(connection);
        return Make(code, words.utf8_to_string(), path);
    }

    private static StoreException Make(int code, string words, string path) => Primary(code) switch
    {
        raw.SQLITE_NOTADB => new StoreException(
            $"{path} is not a SQLite database, or it is encrypted.",
            "Name the database file itself; a whole-file encryption is not supported."),
        raw.SQLITE_CORRUPT => new StoreException(
            $"{path} is damaged: {words}.", "Check it with PRAGMA integrity_check, and restore it from a backup."),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => new StoreException(
            $"{path} stayed locked by another connection.", "End the long transaction of the program that uses it, and run this again."),
        raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH => new StoreException(
            $"{path} cannot be opened: {words}.",
            "Run this as the user that owns the file and its folder: SQLite keeps a journal beside it."),
        raw.SQLITE_READONLY => new StoreException(
            $"{path} is read-only.", "Run this as the user that owns the file and its folder."),
        raw.SQLITE_FULL => new StoreException($"{path}: {words}.", "Make room on the disk, and run this again: it continues."),
        raw.SQLITE_IOERR => new StoreException($"{path}: {words}.", "Look at the disk and at the system's log."),
        _ => new StoreException($"{path}: {words}."),
    };
}
