namespace PmmCrypt.Kill.Tests;

/// <summary>A kind of database.</summary>
public enum Backend
{
    /// <summary>SQLite: with a rollback journal where values are in the legacy format, else with a write-ahead log.</summary>
    Sqlite,

    /// <summary>The test run's PostgreSQL server.</summary>
    PostgreSql,
}
