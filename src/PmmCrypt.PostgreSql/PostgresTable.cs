using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>What a column of the database holds, as far as its encrypted values are concerned.</summary>
internal enum ColumnKind
{
    /// <summary>Neither text nor JSON: no ciphertext fits.</summary>
    Other,

    /// <summary>text, varchar, or a domain over one of them.</summary>
    Text,

    /// <summary>json: kept as it was typed, and without an equality of its own.</summary>
    Json,

    /// <summary>jsonb: normalised by the server, and compared as such.</summary>
    JsonB,
}

/// <summary>A column as the database's catalog has it.</summary>
/// <param name="Name">Its name, unquoted.</param>
/// <param name="Number">Its number within the table.</param>
/// <param name="Type">Its type, as SQL writes it, with its length: a key cast to "character" alone would be cut to one.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="IsCharacters">
/// Whether it holds characters of any kind, such as text, char(36) or citext, where one value has many spellings.
/// </param>
/// <param name="IsNullable">Whether it may be NULL.</param>
/// <param name="IsGenerated">Whether the server computes it.</param>
internal sealed record CatalogColumn(
    string Name, short Number, string Type, ColumnKind Kind, bool IsCharacters, bool IsNullable, bool IsGenerated);

/// <summary>A table of the model as the catalog has it. The columns' order is that of the model.</summary>
/// <param name="Table">The table.</param>
/// <param name="Columns">The encrypted columns that the database has.</param>
/// <param name="Missing">What it lacks.</param>
internal sealed record PostgresTable(EncryptedTable Table, IReadOnlyList<EncryptedColumn> Columns, IReadOnlyList<string> Missing)
    : TableLayout(Table, Columns, Missing)
{
    /// <summary>The relation's object id.</summary>
    public uint Oid { get; init; }

    /// <summary>The relation's name as SQL writes it, with its schema.</summary>
    public string SqlName { get; init; } = "";

    /// <summary>Whether its rows lie in one heap, where each version of a row has a place of its own (its ctid).</summary>
    public bool IsHeap { get; init; }

    /// <summary>The key columns.</summary>
    public IReadOnlyList<CatalogColumn> Keys { get; init; } = [];

    /// <summary>The encrypted columns, as <see cref="TableLayout.Columns"/>.</summary>
    public IReadOnlyList<CatalogColumn> Catalog { get; init; } = [];

    /// <summary>
    /// The value of a key column. Where the column holds characters it stays the text that is stored, whatever the model calls it: the
    /// row must be found by it again, and a Guid or a number can be written in more ways than one.
    /// </summary>
    public object ParseKey(string text, int key) => RowKey.Parse(text, IsSpelled(key) ? KeyColumnType.Text : Table.Keys[key].Type);

    /// <summary>Whether a key's spelling tells rows apart.</summary>
    public bool IsSpelled(int key) => Keys[key].IsCharacters || Table.Keys[key].Type == KeyColumnType.Text;

    /// <summary>Keys and encrypted columns as a query reads them: text, which for jsonb is what the server would send anyway.</summary>
    public string SelectList => string.Join(", ", Keys.Concat(Catalog).Select(column => $"t.{Sql.Name(column.Name)}::text"));
}
