using PmmCrypt.Metadata;

namespace PmmCrypt.Sqlite;

/// <summary>Names of tables and columns as they are written in statements.</summary>
/// <remarks>
/// SQLite may take a name in double quotes that it does not find for a string: a dropped column would read as its own name. A name after a
/// dot is never taken so; therefore every column is written behind the table's alias, <see cref="Alias"/>.
/// </remarks>
internal static class SqliteNames
{
    /// <summary>What each statement calls its table.</summary>
    public const string Alias = "r";

    private const string MainDatabase = "main";

    /// <summary>The name of the database file among those of the connection: <c>main</c>, unless the table names another.</summary>
    public static string Schema(EncryptedTable table) => table.Schema ?? MainDatabase;

    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>The table with its schema and the alias, for FROM and UPDATE.</summary>
    public static string Source(EncryptedTable table) => $"{Quote(Schema(table))}.{Quote(table.Name)} AS {Alias}";

    public static string Column(string name) => $"{Alias}.{Quote(name)}";

    /// <summary>Whether SQLite takes two names for the same: it ignores the case of ASCII letters.</summary>
    public static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
