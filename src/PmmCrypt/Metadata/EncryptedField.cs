using PmmCrypt.Fields;

namespace PmmCrypt.Metadata;

/// <summary>
/// One place of a table that holds encrypted values: a column, a member of a JSON column, or, of a list or a dictionary in one, that place
/// in each of its elements.
/// </summary>
public sealed class EncryptedField
{
    /// <summary>The step of <see cref="Path"/> that leads into each element of an array.</summary>
    public const string EachElement = "[]";

    /// <summary>The step of <see cref="Path"/> that leads to each member of an object, whatever its name: those of a dictionary.</summary>
    public const string EachMember = "*";

    /// <summary>Declares a field. Called by generated code.</summary>
    /// <param name="column">The column's name in the database, unquoted.</param>
    /// <param name="formats">The stored formats in which it is encrypted.</param>
    /// <param name="path">
    /// For a member of a JSON column, the member names that lead to it, with <see cref="EachElement"/> and <see cref="EachMember"/> for
    /// what has no name of its own; empty for a whole column.
    /// </param>
    public EncryptedField(string column, StoredFormats formats, params string[] path)
    {
        ArgumentException.ThrowIfNullOrEmpty(column);
        if ((formats & StoredFormats.All) == 0 || (formats & ~StoredFormats.All) != 0)
            throw new ArgumentOutOfRangeException(nameof(formats), formats, $"{column}: a field is encrypted in at least one format.");
        Column = column;
        Formats = formats;
        Path = path;
        Name = path.Aggregate(column, (name, step) => step == EachElement ? name + step : $"{name}.{step}");
        IsRepeated = path.Any(step => step is EachElement or EachMember);
    }

    /// <summary>The column's name in the database, unquoted.</summary>
    public string Column { get; }

    /// <summary>
    /// The JSON member names that lead to the value, and <see cref="EachElement"/> and <see cref="EachMember"/>, which no declared member
    /// has for a name; empty where the column is the value.
    /// </summary>
    public IReadOnlyList<string> Path { get; }

    /// <summary>Whether a row may hold several values of this field: those of a list's elements, or of a dictionary.</summary>
    public bool IsRepeated { get; }

    /// <summary>The stored formats in which this field is encrypted; in any other it is stored in the clear.</summary>
    public StoredFormats Formats { get; }

    /// <summary>
    /// How reports name it within its table, such as <c>password</c>, <c>mysql_options.tls_key</c> or <c>endpoints[].token</c>.
    /// </summary>
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
