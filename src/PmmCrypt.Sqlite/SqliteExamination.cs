using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite;

/// <summary>Reads what the database has of a model's tables, and what it ties to the values of their columns.</summary>
internal sealed class SqliteExamination(SqliteSession session, SqliteSchema schema)
{
    public TableFacts Examine(EncryptedTable table)
    {
        if (IsStrict(table) is not { } isStrict)
            return TableFacts.Missing(table);
        var rules = IndexRules(table).Concat(ForeignKeys(table)).ToList();
        var checks = SqliteChecks.Of(Definition(table, "table", table.Name))
            .Select(check => new ColumnRule(ColumnRuleKind.Check, check.Name, false, check.Condition)).ToList();
        var columns = new Dictionary<string, ColumnFacts>(StringComparer.Ordinal);
        using var statement = Of(
            table, "SELECT name, type, \"notnull\", pk, hidden, dflt_value FROM pragma_table_xinfo(?1, ?2)", table.Name);
        while (statement.Step())
        {
            var name = statement.String(0);
            var wanted = table.Columns.Select(column => column.Name).Concat(table.Keys.Select(key => key.Name))
                .FirstOrDefault(other => SqliteNames.Same(other, name));
            if (wanted is null)
                continue;
            var type = statement.String(1);
            var isDocument = table.Columns.Any(column => column.Name == wanted && column.IsJson);
            var takesText = isStrict ? type.ToUpperInvariant() is "TEXT" or "ANY" : isDocument || KeepsText(type);
            List<ColumnRule> ofColumn =
                [.. checks, .. rules.Where(rule => rule.Column is null || SqliteNames.Same(rule.Column, name)).Select(rule => rule.Rule)];
            if (!statement.IsNull(5) && statement.String(5).ToUpperInvariant() is not ("NULL" or "''" or "\"\""))
                ofColumn.Add(new ColumnRule(ColumnRuleKind.Default, "", true, ""));
            columns[wanted] = new ColumnFacts(
                type, takesText ? ColumnHolds.Text : ColumnHolds.Other,
                // A primary key that SQLite lets NULL into is not declared otherwise than one that means well: its rows are looked at.
                IsNullable: statement.Integer(2) == 0 && statement.Integer(3) == 0,
                IsGenerated: statement.Integer(4) is 2 or 3)
            {
                Rules = ofColumn,
            };
        }

        return new TableFacts(table, true, schema.KeyOf(table).IsUnique, columns);
    }

    /// <summary>
    /// Whether a column of this declared type keeps every text as it is: any other, such as STRING or UUID, makes a number of what looks
    /// like one. (SQLite's rules of affinity, https://sqlite.org/datatype3.html, 3.1. No document is a number.)
    /// </summary>
    private static bool KeepsText(string type)
    {
        bool Has(string part) => type.Contains(part, StringComparison.OrdinalIgnoreCase);
        return !Has("INT") && (type.Length == 0 || Has("CHAR") || Has("CLOB") || Has("TEXT") || Has("BLOB"));
    }

    /// <summary>Whether the table keeps to its types; null where there is no such table.</summary>
    private bool? IsStrict(EncryptedTable table)
    {
        using var statement = session.Prepare(
            "SELECT strict FROM pragma_table_list WHERE type <> 'view' AND name = ?1 COLLATE NOCASE AND schema = ?2 COLLATE NOCASE");
        statement.Bind(1, table.Name);
        statement.Bind(2, SqliteNames.Schema(table));
        return statement.Step() ? statement.Integer(0) == 1 : null;
    }

    /// <summary>What the indexes are over, column by column; their expressions and conditions, for every column.</summary>
    private List<(string? Column, ColumnRule Rule)> IndexRules(EncryptedTable table)
    {
        var rules = new List<(string?, ColumnRule)>();
        using var list = Of(table, "SELECT name, \"unique\", partial FROM pragma_index_list(?1, ?2) ORDER BY name", table.Name);
        while (list.Step())
        {
            var name = list.String(0);
            var kind = list.Integer(1) == 1 ? ColumnRuleKind.Unique : ColumnRuleKind.Index;
            using var columns = Of(table, "SELECT name FROM pragma_index_xinfo(?1, ?2) WHERE key = 1", name);
            var hasExpression = list.Integer(2) == 1;
            while (columns.Step())
            {
                if (columns.IsNull(0))
                    hasExpression = true;
                else
                    rules.Add((columns.String(0), new ColumnRule(kind, Shown(name), true, "")));
            }

            // CREATE INDEX name ON table (columns, expressions) WHERE condition
            var definition = hasExpression ? Definition(table, "index", name) : "";
            var begin = definition.IndexOf('(', StringComparison.Ordinal);
            if (begin >= 0)
                rules.Add((null, new ColumnRule(kind, name, false, definition[begin..])));
        }

        return rules;
    }

    private List<(string? Column, ColumnRule Rule)> ForeignKeys(EncryptedTable table)
    {
        using var statement = Of(table, "SELECT \"from\" FROM pragma_foreign_key_list(?1, ?2)", table.Name);
        var rules = new List<(string?, ColumnRule)>();
        while (statement.Step())
            rules.Add((statement.String(0), new ColumnRule(ColumnRuleKind.ForeignKey, "", true, "")));
        return rules;
    }

    /// <summary>The statement that made a table or an index; empty for the index of a constraint.</summary>
    private string Definition(EncryptedTable table, string type, string name)
    {
        using var statement = session.Prepare(
            $"SELECT sql FROM {SqliteNames.Quote(SqliteNames.Schema(table))}.sqlite_master WHERE name = ?1 COLLATE NOCASE AND type = ?2");
        statement.Bind(1, name);
        statement.Bind(2, type);
        return statement.Step() && !statement.IsNull(0) ? statement.String(0) : "";
    }

    /// <summary>A pragma of something of the table's database file.</summary>
    private SqliteStatement Of(EncryptedTable table, string sql, string name)
    {
        var statement = session.Prepare(sql);
        statement.Bind(1, name);
        statement.Bind(2, SqliteNames.Schema(table));
        return statement;
    }

    /// <summary>The name of an index; none for that of a constraint, which SQLite has named.</summary>
    private static string Shown(string name) => name.StartsWith("sqlite_autoindex_", StringComparison.OrdinalIgnoreCase) ? "" : name;
}
