namespace PmmCrypt.PostgreSql;

/// <summary>Names and literals as SQL writes them.</summary>
internal static class Sql
{
    /// <summary>An identifier, quoted: whatever it is called, it is that name.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A name with its schema, where there is one.</summary>
    public static string Name(string? schema, string name) => schema is null ? Name(name) : $"{Name(schema)}.{Name(name)}";

    /// <summary>A string, quoted.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>Strings, quoted, as the list of an IN.</summary>
    public static string List(IEnumerable<string> texts) => string.Join(", ", texts.Select(Literal));
}
