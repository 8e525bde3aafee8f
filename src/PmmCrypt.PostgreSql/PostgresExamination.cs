using Npgsql;
using NpgsqlTypes;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Reads in the catalog what the database has of a model's tables, and what it ties to the values of their columns.</summary>
internal static class PostgresExamination
{
    /// <summary>
    /// The columns, with their type beneath all domains, and the length that the type or a domain sets: that is kept with 4 added to it.
    /// </summary>
    private const string Columns =
        """
        SELECT a.attname, format_type(a.atttypid, a.atttypmod), base.oid, base.typmod, NOT a.attnotnull, a.attgenerated <> '',
          a.attgenerated = '' AND coalesce(pg_get_expr(d.adbin, d.adrelid), 'NULL') !~* '^(NULL|'''')(::[a-z "]+(\([0-9]+\))?)?$'
        FROM pg_attribute a
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        CROSS JOIN LATERAL (
          WITH RECURSIVE below(oid, typmod) AS (
            SELECT a.atttypid, a.atttypmod
            UNION ALL
            SELECT t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE below.typmod END
            FROM below JOIN pg_type t USING (oid) WHERE t.typtype = 'd'
          )
          SELECT t.oid, below.typmod FROM below JOIN pg_type t USING (oid) WHERE t.typtype <> 'd') base
        WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
        """;

    /// <summary>
    /// What there is on the table's columns, by column: CHECKs of the table and of a column's domain, foreign keys from and to it, and
    /// indexes, by the columns that they are over and by those that their expressions and conditions use.
    /// </summary>
    private const string Rules =
        """
        SELECT a.attname, r.kind, r.name, r.on_value, coalesce(r.expression, '')
        FROM (
          SELECT k.attnum, 'check' AS kind, c.conname AS name, false AS on_value, pg_get_constraintdef(c.oid) AS expression
          FROM pg_constraint c CROSS JOIN unnest(c.conkey) k(attnum) WHERE c.conrelid = $1 AND c.contype = 'c'
          UNION ALL
          SELECT d.attnum, 'check', c.conname, false, regexp_replace(pg_get_constraintdef(c.oid), '\mVALUE\M', quote_ident(d.attname), 'g')
          FROM (
            WITH RECURSIVE above(attnum, attname, oid) AS (
              SELECT attnum, attname, atttypid FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped
              UNION ALL
              SELECT above.attnum, above.attname, t.typbasetype FROM above JOIN pg_type t USING (oid) WHERE t.typtype = 'd')
            SELECT * FROM above) d
          JOIN pg_constraint c ON c.contypid = d.oid AND c.contype = 'c'
          UNION ALL
          SELECT k.attnum, 'foreign', c.conname, true, NULL
          FROM pg_constraint c CROSS JOIN unnest(c.conkey) k(attnum) WHERE c.conrelid = $1 AND c.contype = 'f'
          UNION ALL
          SELECT k.attnum, 'foreign', c.conname, true, NULL
          FROM pg_constraint c CROSS JOIN unnest(c.confkey) k(attnum) WHERE c.confrelid = $1 AND c.conrelid <> $1 AND c.contype = 'f'
          UNION ALL
          SELECT k.attnum, CASE WHEN i.indisunique OR i.indisexclusion THEN 'unique' ELSE 'index' END, c.relname, true, NULL
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
          CROSS JOIN unnest((i.indkey::int2[])[0 : i.indnkeyatts - 1]) k(attnum)
          WHERE i.indrelid = $1 AND k.attnum > 0
          UNION ALL
          SELECT d.refobjsubid::int2, CASE WHEN i.indisunique OR i.indisexclusion THEN 'unique' ELSE 'index' END, c.relname, false,
            concat_ws(' WHERE ', pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid))
          FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
          JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass
            AND d.refobjid = i.indrelid AND d.refobjsubid > 0
          WHERE i.indrelid = $1 AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
            AND d.refobjsubid::int2 <> ALL ((i.indkey::int2[])[0 : i.indnkeyatts - 1])
        ) r
        JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = r.attnum
        ORDER BY a.attnum, r.kind, r.name
        """;

    private const string UniqueKey =
        """
        SELECT EXISTS (
          SELECT FROM pg_index i
          WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
            AND (i.indkey::int2[])[0 : i.indnkeyatts - 1]
              <@ ARRAY(SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = $1 AND a.attname = ANY ($2)))
        """;

    private const int TypmodHeader = 4;

    public static async Task<IReadOnlyList<TableFacts>> RunAsync(
        NpgsqlConnection connection, EncryptionModel model, CancellationToken cancellation)
    {
        var facts = new List<TableFacts>();
        foreach (var table in model.Tables)
        {
            var found = await PostgresSchema.FindAsync(connection, table, cancellation).ConfigureAwait(false);
            facts.Add(found is var (oid, _, _)
                ? await ExamineAsync(connection, table, oid, cancellation).ConfigureAwait(false)
                : TableFacts.Missing(table));
        }

        return facts;
    }

    private static async Task<TableFacts> ExamineAsync(
        NpgsqlConnection connection, EncryptedTable table, uint oid, CancellationToken cancellation)
    {
        var names = table.Keys.Select(key => key.Name).ToArray();
        await using var unique = Command(connection, UniqueKey, oid);
        unique.Parameters.Add(new NpgsqlParameter { Value = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Name });
        var hasUniqueKey = table.IsSingleRow || (bool)(await unique.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
        var rules = await RulesAsync(connection, oid, cancellation).ConfigureAwait(false);
        var wanted = table.Columns.Select(column => column.Name).Concat(names).ToHashSet(StringComparer.Ordinal);
        var columns = new Dictionary<string, ColumnFacts>(StringComparer.Ordinal);
        await using var command = Command(connection, Columns, oid);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var name = reader.GetString(0);
            if (!wanted.Contains(name))
                continue;
            var ofColumn = rules[name];
            if (reader.GetBoolean(6))
                ofColumn = ofColumn.Append(new ColumnRule(ColumnRuleKind.Default, "", true, ""));
            var (kind, typmod) = (PostgresSchema.KindOf(reader.GetFieldValue<uint>(2)), reader.GetInt32(3));
            columns.Add(name, new ColumnFacts(reader.GetString(1), Holds(kind), reader.GetBoolean(4), reader.GetBoolean(5))
            {
                MaxLength = kind == ColumnKind.Text && typmod >= TypmodHeader ? typmod - TypmodHeader : null,
                Rules = [.. ofColumn],
            });
        }

        return new TableFacts(table, true, hasUniqueKey, columns);
    }

    private static async Task<ILookup<string, ColumnRule>> RulesAsync(
        NpgsqlConnection connection, uint oid, CancellationToken cancellation)
    {
        var rules = new List<(string Column, ColumnRule Rule)>();
        await using var command = Command(connection, Rules, oid);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var kind = reader.GetString(1) switch
            {
                "check" => ColumnRuleKind.Check,
                "unique" => ColumnRuleKind.Unique,
                "foreign" => ColumnRuleKind.ForeignKey,
                _ => ColumnRuleKind.Index,
            };
            rules.Add((reader.GetString(0), new ColumnRule(kind, reader.GetString(2), reader.GetBoolean(3), reader.GetString(4))));
        }

        return rules.ToLookup(rule => rule.Column, rule => rule.Rule, StringComparer.Ordinal);
    }

    private static ColumnHolds Holds(ColumnKind kind) => kind switch
    {
        ColumnKind.Text => ColumnHolds.Text,
        ColumnKind.Json or ColumnKind.JsonB => ColumnHolds.Json,
        _ => ColumnHolds.Other,
    };

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, uint oid) => new(sql, connection)
    {
        Parameters = { new NpgsqlParameter { Value = oid, NpgsqlDbType = NpgsqlDbType.Oid } },
    };
}
