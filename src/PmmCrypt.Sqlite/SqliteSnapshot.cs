using System.Runtime.CompilerServices;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite;

/// <summary>Reads all rows of all tables on a session whose transaction makes them one moment.</summary>
internal static class SqliteSnapshot
{
    public static async IAsyncEnumerable<RowPage> ReadAsync(
        SqliteSession session, IReadOnlyList<TableLayout> tables, PageSize size, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var schema = new SqliteSchema(session);
        foreach (var layout in tables.Where(layout => layout.IsPresent))
        {
            var rows = new SqliteRows(session, layout, schema.KeyOf(layout.Table));
            await foreach (var page in rows.ReadAllAsync(size, cancellation).ConfigureAwait(false))
                yield return page;
        }
    }
}
