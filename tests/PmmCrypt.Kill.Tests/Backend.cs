namespace PmmCrypt.Kill.Tests;

/// <summary>A kind of database.</summary>
public enum Backend
{
    /// <summary>SQLite with a rollback journal.</summary>
    Sqlite,

    /// <summary>SQLite with a write-ahead log.</summary>
    SqliteWal,

    /// <summary>The test run's PostgreSQL server.</summary>
    PostgreSql,
}
