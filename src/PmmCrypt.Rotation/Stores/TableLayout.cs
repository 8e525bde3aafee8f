using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Stores;

/// <summary>A table of the model, as far as the database has it.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">The encrypted columns that the database has; none where it lacks the table.</param>
/// <param name="Missing">What it lacks, as reports name it: <c>backup_locations</c>, <c>agents.valkey_options</c>.</param>
public record TableLayout(EncryptedTable Table, IReadOnlyList<EncryptedColumn> Columns, IReadOnlyList<string> Missing)
{
    /// <summary>Whether there is anything of it to read.</summary>
    public bool IsPresent => Columns.Count > 0;

    /// <summary>Those of the columns that cannot be SQL NULL.</summary>
    public IReadOnlyList<EncryptedColumn> NeverNull { get; init; } = [];

    /// <summary>The fields that can hold values here.</summary>
    public IEnumerable<EncryptedField> Fields => Columns.SelectMany(column => column.Fields);
}
