using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>A query that tells of each field of each row of a table what its value is, by how it begins: a number for each field.</summary>
/// <remarks>
/// <code>
/// 0  nothing: NULL, JSON null, absent, empty        3 + 2 i  a legacy ciphertext under key i, with a length that such a one can have
/// 1  in the clear, for certain                      4 + 2 i  the same in the envelope format
/// 2  for the client to say
/// </code>
/// </remarks>
internal sealed class PrefixClasses(PostgresTable table, IReadOnlyList<uint> keyIds)
{
    private const int Nothing = 0;
    private const int Clear = 1;
    private const int Doubtful = 2;
    private const int FirstKey = 3;

    private static readonly int HeadLength = CiphertextPrefix.Envelope.Length + CiphertextPrefix.Length;

    /// <summary>The fields, in the order of the numbers.</summary>
    public IReadOnlyList<EncryptedField> Fields { get; } = [.. table.Fields];

    /// <summary>Each different row of numbers, and how many rows have it.</summary>
    public string CountSql => $"SELECT x.classes, count(*) FROM ({Query($"FROM {table.SqlName} t")} {StoredSql.Fence}) x GROUP BY x.classes";

    /// <summary>A condition on a row of table t: whether there is something for the client to say of it.</summary>
    public string IsDoubtfulSql => $"(SELECT {Doubtful} = ANY (x.classes) FROM ({Query("")}) x)";

    /// <summary>Whether these numbers are of rows that the client is to look at.</summary>
    public static bool AreDoubtful(int[] classes) => classes.Contains(Doubtful);

    /// <summary>What a number says; null for nothing.</summary>
    public ValueCount? Describe(int field, int number, long rows) => number switch
    {
        Nothing => null,
        Clear => new ValueCount(Fields[field], null, StoredFormat.Unknown, rows),
        _ => new ValueCount(
            Fields[field], keyIds[(number - FirstKey) / 2], (number - FirstKey) % 2 == 0 ? StoredFormat.Legacy : StoredFormat.Envelope, rows),
    };

    private string Query(string from)
    {
        var fetched = new List<string>();
        var values = new List<string>();
        var heads = new List<string>();
        var classes = new List<string>();
        var whole = new List<string>();
        foreach (var (column, catalog) in table.Columns.Zip(table.Catalog))
        {
            var document = $"d{fetched.Count}";
            var isDocument = StoredSql.IsDocument(column, catalog);
            fetched.Add($"{(isDocument ? StoredSql.Document(catalog) : StoredSql.Text(catalog))} AS {document}");
            values.Add(document);
            heads.Add(document);
            if (isDocument)
                whole.Add($"coalesce(jsonb_typeof({document}), 'null') IN ('object', 'null') AND {StoredSql.InnerObjects(document, column)}");
            else if (column.IsJson)
                whole.Add($"{document} IS NULL");       // the client parses it
            foreach (var field in column.Fields)
            {
                var i = classes.Count;
                values.Add($"{(isDocument ? StoredSql.MemberText(document, field) : column.IsJson ? "NULL::text" : document)} AS v{i}");
                heads.Add($"left(v{i}, {HeadLength}) AS h{i}, left(v{i}, {CiphertextPrefix.Length}) AS p{i}, octet_length(v{i}) AS n{i}");
                classes.Add(Class(i, isDocument ? $"CASE WHEN {StoredSql.MemberType(document, field)} = 'string'"
                    + $" THEN {Clear} ELSE {Doubtful} END" : $"{Clear}"));
            }
        }

        var isWhole = string.Join(" AND ", whole.DefaultIfEmpty("true"));
        return $"SELECT CASE WHEN {isWhole} THEN ARRAY[{string.Join(", ", classes)}] ELSE ARRAY[{Doubtful}] END AS classes"
            + $" FROM (SELECT {string.Join(", ", heads)} FROM (SELECT {string.Join(", ", values)}"
            + $" FROM (SELECT {string.Join(", ", fetched)} {from} {StoredSql.Fence}) a {StoredSql.Fence}) b {StoredSql.Fence}) c";
    }

    private string Class(int i, string clear)
    {
        var cases = keyIds.Select((id, key) =>
        {
            var prefixes = CiphertextPrefix.Of(id);
            return $" WHEN p{i} IN ({Sql.List(prefixes)}) THEN {Whole($"n{i}", FirstKey + (2 * key))}"
                + $" WHEN h{i} IN ({Sql.List(prefixes.Select(prefix => CiphertextPrefix.Envelope + prefix))})"
                + $" THEN {Whole($"n{i} - {CiphertextPrefix.Envelope.Length}", FirstKey + (2 * key) + 1)}";
        });
        // Base64 of a first byte 1 is A, and one of sixteen more. What so begins may be a ciphertext of another key; all else cannot be one.
        var mayBegin = $"h{i} >= 'AQ' AND h{i} < 'A[' OR h{i} >= 'Aa' AND h{i} < 'Ag'"
            + $" OR left(h{i}, {CiphertextPrefix.Envelope.Length}) = {Sql.Literal(CiphertextPrefix.Envelope)}";
        return $"CASE WHEN h{i} IS NULL OR h{i} = '' THEN {Nothing}{string.Concat(cases)} WHEN {mayBegin} THEN {Doubtful} ELSE {clear} END";
    }

    private static string Whole(string size, int number) =>
        $"CASE WHEN ({size}) % 4 = 0 AND {size} >= {CiphertextPrefix.ShortestText} THEN {number} ELSE {Doubtful} END";
}
