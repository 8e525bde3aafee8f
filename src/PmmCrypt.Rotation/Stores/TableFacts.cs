using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Stores;

/// <summary>A table of the model as the database's catalog has it, whether it fits the model or not.</summary>
/// <param name="Table">The table of the model.</param>
/// <param name="Exists">Whether the database has it.</param>
/// <param name="HasUniqueKey">
/// Whether the database keeps any two rows from having the same key. True where the table needs no key; false where it lacks a key column.
/// </param>
/// <param name="Columns">Its key columns and encrypted columns, by the model's names. What it lacks is not in there.</param>
public sealed record TableFacts(
    EncryptedTable Table, bool Exists, bool HasUniqueKey, IReadOnlyDictionary<string, ColumnFacts> Columns)
{
    /// <summary>What a store finds where the database has no such table.</summary>
    public static TableFacts Missing(EncryptedTable table) => new(table, false, false, new Dictionary<string, ColumnFacts>());
}

/// <summary>What a column holds, as far as a ciphertext is concerned.</summary>
public enum ColumnHolds
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>Text: a ciphertext, or a JSON document.</summary>
    Text,

    /// <summary>JSON and nothing else.</summary>
    Json,

    /// <summary>Neither.</summary>
    Other,
}

/// <summary>A column as the database's catalog has it.</summary>
/// <param name="Type">Its type, in the database's words.</param>
/// <param name="Holds">What can be stored in it.</param>
/// <param name="IsNullable">Whether it may be NULL.</param>
/// <param name="IsGenerated">Whether the database computes it.</param>
public sealed record ColumnFacts(string Type, ColumnHolds Holds, bool IsNullable, bool IsGenerated)
{
    /// <summary>How many characters it holds at most; null where there is no limit.</summary>
    public int? MaxLength { get; init; }

    /// <summary>What the database ties to its value. NOT NULL is not among them: <see cref="IsNullable"/> tells.</summary>
    public IReadOnlyList<ColumnRule> Rules { get; init; } = [];
}

/// <summary>What a database ties to the value of a column.</summary>
public enum ColumnRuleKind
{
    /// <summary>Not set; never valid.</summary>
    Unknown = 0,

    /// <summary>A condition that each row has to meet.</summary>
    Check,

    /// <summary>No two rows may have the same value.</summary>
    Unique,

    /// <summary>An index, for rows to be found by it.</summary>
    Index,

    /// <summary>A foreign key, from here or to here.</summary>
    ForeignKey,

    /// <summary>A value that a row is given where none is said.</summary>
    Default,
}

/// <summary>Something that a database ties to the value of a column.</summary>
/// <param name="Kind">What.</param>
/// <param name="Name">Its name; empty where it has none.</param>
/// <param name="IsOnValue">Whether it is about the column's value as it stands, rather than about an expression.</param>
/// <param name="Expression">
/// The expressions and conditions in it, in SQL; empty where there are none. It may quote what it compares with.
/// </param>
public sealed record ColumnRule(ColumnRuleKind Kind, string Name, bool IsOnValue, string Expression);
