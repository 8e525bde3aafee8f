using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation;

/// <summary>
/// Holds a run to the tables and columns that it began with. What a migration brought meanwhile was neither swept nor counted, and nothing
/// may be said of the whole database then.
/// </summary>
internal sealed class SchemaWatch(IRotationStore store, EncryptionModel model, IReadOnlyList<TableLayout> tables)
{
    /// <summary>The tables, as they were when the run began.</summary>
    public IReadOnlyList<TableLayout> Tables { get; } = tables;

    /// <summary>What of the model the database does not have, and an operator is to know of.</summary>
    public IReadOnlyList<string> Missing => SchemaFinder.MissingOf(model, Tables);

    /// <summary>Refuses where the database has other columns of the model now.</summary>
    public async Task RequireUnchangedAsync(CancellationToken stop)
    {
        var before = Columns(Tables).ToHashSet();
        var now = Columns(await store.DescribeAsync(model, stop).ConfigureAwait(false)).ToHashSet();
        var changed = before.Except(now).Select(column => $"{column} is gone").Concat(now.Except(before).Select(column => $"{column} is new"))
            .ToArray();
        if (changed.Length == 0)
            return;
        throw new RotationException(
            RotationFailure.WorkRemains,
            $"the schema of {store.DisplayName} changed while the rotation ran: {string.Join(", ", changed)}",
            "let the migration end, and run the same command again: it goes on, and adds no key");
    }

    private static IEnumerable<string> Columns(IEnumerable<TableLayout> tables) =>
        tables.SelectMany(layout => layout.Columns.Select(column => $"{layout.Table}.{column.Name}"));
}
