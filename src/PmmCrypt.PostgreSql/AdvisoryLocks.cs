namespace PmmCrypt.PostgreSql;

/// <summary>
/// The advisory locks by which runs of this tool, and PMM, agree, and what of them pg_locks shows. Each is of one database.
/// </summary>
/// <remarks>
/// <code>
/// rotation   0x504D4D45                        "PMME", PMM's own
/// sweep      0x504D0001 | key id, 32 bits      shared by who sweeps under the key, or tries to; exclusive by who takes the key away
/// open       0x504D0002 | key id, 32 bits      shared by who does sweep under the key: there is something to join
/// part       0x504E | table's oid, 32 | width of a part as a power of two, 5 | its number, 11
/// </code>
/// </remarks>
internal static class AdvisoryLocks
{
    /// <summary>The lock that PMM takes at its start.</summary>
    public const long Rotation = 0x504D4D45;

    /// <summary>The most parts that a table can be divided into.</summary>
    public const int MostParts = 1 << NumberBits;

    private const int NumberBits = 11;
    private const int TableShift = 16;

    /// <summary>The lock of the sweep under a key.</summary>
    public static long SweepUnder(uint keyId) => (0x504D0001L << 32) | keyId;

    /// <summary>The lock by which a sweep under a key is known to be under way.</summary>
    public static long OpenUnder(uint keyId) => (0x504D0002L << 32) | keyId;

    /// <summary>The lock of a part of a table.</summary>
    public static long PartOf(uint table, int width, int number) =>
        (0x504EL << 48) | ((long)table << TableShift) | ((long)width << NumberBits) | (long)number;

    /// <summary>An SQL condition on a row <c>l</c> of pg_locks: whether it is of this lock.</summary>
    public static string IsSql(long id) =>
        $"l.locktype = 'advisory' AND l.classid = {id >> 32} AND l.objid = {id & uint.MaxValue} AND l.objsubid = 1"
        + " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    /// <summary>An SQL condition: whether somebody holds a lock.</summary>
    public static string HeldSql(long id, string who) => $"EXISTS (SELECT FROM pg_locks l WHERE {IsSql(id)} AND l.granted AND {who})";

    /// <summary>A query for the width of a part of a table that another run has taken.</summary>
    public static string WidthSql(uint table)
    {
        var first = PartOf(table, 0, 0);
        return $"""
            SELECT ((l.objid::bigint >> {NumberBits}) & 31)::int FROM pg_locks l
            WHERE l.locktype = 'advisory' AND l.classid = {first >> 32}
              AND l.objid::bigint >> {TableShift} = {(first & uint.MaxValue) >> TableShift}
              AND l.objsubid = 1 AND l.granted AND l.pid <> pg_backend_pid()
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            LIMIT 1
            """;
    }
}
