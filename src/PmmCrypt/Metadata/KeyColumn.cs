namespace PmmCrypt.Metadata;

/// <summary>What a key column holds.</summary>
public enum KeyColumnType
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>A string (PostgreSQL text, varchar; SQLite TEXT).</summary>
    Text,

    /// <summary>A <see cref="System.Guid"/> (PostgreSQL uuid; SQLite TEXT).</summary>
    Guid,

    /// <summary>An integer of up to 64 bits.</summary>
    Integer,

    /// <summary>A Boolean, as in tables of at most two rows.</summary>
    Boolean,
}

/// <summary>A column of a table's key: all of them together identify a row.</summary>
/// <param name="Name">The column's name in the database, unquoted.</param>
/// <param name="Type">What it holds.</param>
public sealed record KeyColumn(string Name, KeyColumnType Type);
