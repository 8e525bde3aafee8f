namespace PmmCrypt.Metadata;

/// <summary>A table that has encrypted fields: its name, how a row is identified, and where its encrypted values are.</summary>
public sealed class EncryptedTable
{
    /// <summary>Declares a table. Called by generated code.</summary>
    /// <param name="schema">The schema; null for the one that the connection finds first.</param>
    /// <param name="name">The table's name, unquoted.</param>
    /// <param name="keys">The key columns; none for a table of a single row.</param>
    /// <param name="columns">The columns that hold encrypted values.</param>
    public EncryptedTable(string? schema, string name, IReadOnlyList<KeyColumn> keys, IReadOnlyList<EncryptedColumn> columns)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(columns);
        Schema = schema;
        Name = name;
        Keys = keys;
        Columns = columns;
        Fields = [.. columns.SelectMany(column => column.Fields)];
        for (var i = 0; i < Fields.Count; i++)
            Fields[i].Join(this, i);
    }

    /// <summary>The schema; null for the one that the connection finds first.</summary>
    public string? Schema { get; }

    /// <summary>The table's name in the database, unquoted.</summary>
    public string Name { get; }

    /// <summary>The key columns, in key order; empty where <see cref="IsSingleRow"/>.</summary>
    public IReadOnlyList<KeyColumn> Keys { get; }

    /// <summary>Whether the table holds one row and needs no key.</summary>
    public bool IsSingleRow => Keys.Count == 0;

    /// <summary>The columns that hold encrypted values.</summary>
    public IReadOnlyList<EncryptedColumn> Columns { get; }

    /// <summary>Every encrypted field, column by column.</summary>
    public IReadOnlyList<EncryptedField> Fields { get; }

    /// <summary>The table's name, with its schema where one is set.</summary>
    public override string ToString() => Schema is null ? Name : $"{Schema}.{Name}";
}
