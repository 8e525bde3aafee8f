using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation;

/// <summary>Finds a model's tables in the database, and refuses where a rotation would find nothing, or could not write.</summary>
internal sealed class SchemaFinder(IRotationStore store, EncryptionModel model, IRotationObserver observer)
{
    /// <summary>What of a model the database does not have, and an operator is to know of.</summary>
    public static IReadOnlyList<string> MissingOf(EncryptionModel model, IEnumerable<TableLayout> tables) =>
        model.WorthAWord([.. tables.SelectMany(table => table.Missing)]);

    /// <summary>The tables as they are found.</summary>
    /// <exception cref="RotationException">Nothing of the model is there, or what the model does not do without is missing.</exception>
    public async Task<IReadOnlyList<TableLayout>> DescribeAsync(CancellationToken stop)
    {
        var tables = await store.DescribeAsync(model, stop).ConfigureAwait(false);
        var missing = MissingOf(model, tables);
        if (!tables.Any(table => table.IsPresent && table.Table != model.Ledger?.Table))
        {
            throw new RotationException(
                RotationFailure.NothingFound,
                $"nothing of {model.Name} is in {store.DisplayName}: {string.Join(", ", missing)} not found",
                "check the name of the database and, for a model of your own, --assembly");
        }

        if (!model.AllowsMissing && missing.Count > 0)
        {
            throw new RotationException(
                RotationFailure.NothingFound,
                $"{store.DisplayName} lacks what {model.Name} declares: {string.Join(", ", missing)}",
                "check the name of the database, or bring its schema up to date");
        }

        foreach (var name in missing)
            observer.Note($"skipped {name}: this database does not have it");
        return tables;
    }

    /// <summary>Tries whether rows can be replaced later.</summary>
    /// <exception cref="RotationException">Something is in the way.</exception>
    public async Task ProbeAsync(IReadOnlyList<TableLayout> tables, CancellationToken stop)
    {
        var probe = await store.ProbeAsync(tables, stop).ConfigureAwait(false);
        foreach (var warning in probe.Warnings)
            observer.Warn(warning);
        if (probe.Obstacles.Count > 0)
            throw new RotationException(RotationFailure.Refused, string.Join("; ", probe.Obstacles),
                "nothing was changed; mend this and run again");
    }
}
