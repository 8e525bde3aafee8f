using PmmCrypt.Fields;

namespace PmmCrypt.Metadata;

/// <summary>One place of a table that holds encrypted values: a column, or a member of a JSON column.</summary>
public sealed class EncryptedField
{
    /// <summary>Declares a field. Called by generated code.</summary>
    /// <param name="column">The column's name in the database, unquoted.</param>
    /// <param name="formats">The stored formats in which it is encrypted.</param>
    /// <param name="path">For a member of a JSON column, the member names that lead to it; empty for a whole column.</param>
    public EncryptedField(string column, StoredFormats formats, params string[] path)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        if ((formats & StoredFormats.All) == 0 || (formats & ~StoredFormats.All) != 0)
            throw new ArgumentOutOfRangeException(nameof(formats), formats, $"{column}: a field is encrypted in at least one format.");
        Column = column;
        Formats = formats;
        Path = path;
        Name = path.Length == 0 ? column : $"{column}.{string.Join('.', path)}";
    }

    /// <summary>The column's name in the database, unquoted.</summary>
    public string Column { get; }

    /// <summary>The JSON member names that lead to the value; empty where the column is the value.</summary>
    public IReadOnlyList<string> Path { get; }

    /// <summary>The stored formats in which this field is encrypted; in any other it is stored in the clear.</summary>
    public StoredFormats Formats { get; }

    /// <summary>How reports name it within its table, such as <c>password</c> or <c>mysql_options.tls_key</c>.</summary>
    public string Name { get; }

    /// <summary>The table that it belongs to.</summary>
    public EncryptedTable Table { get; private set; } = null!;

    /// <summary>Its number within its table, from 0, in the order of declaration.</summary>
    public int Ordinal { get; private set; }

    internal void Join(EncryptedTable table, int ordinal)
    {
        if (Table is not null)
            throw new ArgumentException($"Field {this} is declared by two tables.");
        Table = table;
        Ordinal = ordinal;
    }

    /// <summary>Whether it is encrypted where values are stored in <paramref name="format"/>.</summary>
    public bool IsEncryptedIn(StoredFormat format) => (Formats & format.AsFlag()) != 0;

    /// <summary>Table and field, such as <c>agents.mysql_options.tls_key</c>.</summary>
    public override string ToString() => Table is null ? Name : $"{Table}.{Name}";
}
