namespace PmmCrypt.Sqlite;

/// <summary>What may be said of a database file beyond its path.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The database's name, as the service's own records have it; null for the file's name without its extension.</summary>
    public string? Database { get; init; }

    /// <summary>How long a statement waits for another connection that has the file locked, before it is an error.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
