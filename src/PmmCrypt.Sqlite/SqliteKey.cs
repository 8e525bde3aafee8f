using PmmCrypt.Metadata;

namespace PmmCrypt.Sqlite;

/// <summary>How the rows of a table are told apart and put in order.</summary>
/// <param name="Columns">The key columns, in the model's order; none in a table of a single row.</param>
/// <param name="IsUnique">Whether the database itself keeps two rows from having one key.</param>
internal sealed record SqliteKey(IReadOnlyList<SqliteKeyColumn> Columns, bool IsUnique)
{
    /// <summary>The key as an expression to order by: each column with the collation under which it is unique.</summary>
    public string Order => string.Join(", ", Columns.Select(column => column.Ordered));

    /// <summary>
    /// Rows after the key that is bound from <paramref name="parameter"/> on.
    /// It agrees with <see cref="Order"/>, so that no row is skipped.
    /// </summary>
    public string After(int parameter) =>
        Columns.Count == 1
            ? $"{Order} > ?{parameter}"
            : $"({Order}) > ({string.Join(", ", Columns.Select((_, i) => $"?{parameter + i}"))})";

    /// <summary>
    /// The row with the key that is bound from <paramref name="parameter"/> on. The first comparison is the one that the index serves; the
    /// second tells <c>A</c> from <c>a</c> where that index does not: the row may have been deleted and another inserted.
    /// </summary>
    public string Match(int parameter) => Columns.Count == 0
        ? "true"
        : string.Join(" AND ", Columns.Select((column, i) =>
            $"{column.Ordered} = ?{parameter + i} AND {SqliteNames.Column(column.Name)} COLLATE BINARY = ?{parameter + i}"));
}

/// <summary>A key column.</summary>
/// <param name="Name">Its name, unquoted.</param>
/// <param name="Type">What the model says it holds.</param>
/// <param name="Collation">The collation under which it is unique, where that is not the column's own; else null.</param>
internal sealed record SqliteKeyColumn(string Name, KeyColumnType Type, string? Collation)
{
    public string Ordered => Collation is null
        ? SqliteNames.Column(Name)
        : $"{SqliteNames.Column(Name)} COLLATE {SqliteNames.Quote(Collation)}";
}
