using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation;

/// <summary>Reads every row before anything starts, and refuses where one does not open or could not be replaced. It writes nothing.</summary>
internal sealed class Planning(
    IRotationStore store, EncryptionModel model, KeyFileLocation keyFile, IRotationObserver observer, TimeProvider time)
{
    /// <param name="keyset">The keys to open with; null where there is no key file.</param>
    /// <param name="options">How, and whether values may be left that do not open.</param>
    /// <param name="clock">Times it.</param>
    /// <param name="places">Takes the places of rows with work.</param>
    /// <param name="stop">Stops it.</param>
    public async Task<(SchemaWatch Schema, Census Census)> RunAsync(
        Keyset? keyset, RotationOptions options, PhaseClock clock, RowPlaces? places, CancellationToken stop)
    {
        clock.Begin(RotationPhase.Plan);
        var finder = new SchemaFinder(store, model, observer);
        var tables = await finder.DescribeAsync(stop).ConfigureAwait(false);
        if (keyset is null)
            await RefuseMissingKeyFileAsync(tables, options, stop).ConfigureAwait(false);
        await finder.ProbeAsync(tables, stop).ConfigureAwait(false);
        var census = await CountAsync(tables, keyset, options, places, stop).ConfigureAwait(false);
        if (!options.SkipUnreadable || (census.IsForeignKeyset && census.UnderLost(options.AcceptKeyLoss) == 0))
            RequireReadable(census, options.AcceptKeyLoss);
        return (new SchemaWatch(store, model, tables), census);
    }

    /// <summary>
    /// Refuses where values do not open, unless they are under keys that are lost, and says which other key file opens them.
    /// </summary>
    public void RequireReadable(Census census, IReadOnlyCollection<uint>? lost = null) =>
        Findings.RequireReadable(census, "nothing was changed", KeyFinder.Find(census, keyFile.Others), lost);

    /// <summary>A key that is made while values are encrypted under another would make them unreadable for good, and unnoticed.</summary>
    private async Task RefuseMissingKeyFileAsync(IReadOnlyList<TableLayout> tables, RotationOptions options, CancellationToken stop)
    {
        var census = await CountAsync(tables, null, options, null, stop).ConfigureAwait(false);
        var ledger = new LedgerKeeper(store, model, tables, observer, time);
        var recorded = await ledger.FormatAsync(stop).ConfigureAwait(false) != StoredFormat.Unknown;
        // What does not open and carries no key's id, such as JSON that is broken, says nothing of a key: the plan names it.
        if (census.UnknownKeySamples.Count == 0 && !recorded)
            return;
        var other = KeyFinder.Find(census, keyFile.Others);
        throw new RotationException(
            RotationFailure.Key,
            $"there is no key file at {keyFile.Path}, and the database holds data that is encrypted with one ({census.Unreadable} values)",
            other is null
                ? "restore the key file from its backup, or point --key-file or PMM_ENCRYPTION_KEY_PATH to it; "
                    + "a new key could not open this data"
                : $"{other} opens it: use --key-file {other}");
    }

    /// <summary>Counts; without a keyset with a key that nothing is under.</summary>
    private async Task<Census> CountAsync(
        IReadOnlyList<TableLayout> tables, Keyset? keyset, RotationOptions options, RowPlaces? places, CancellationToken stop)
    {
        using var none = keyset is null ? KeysetManager.Generate() : null;
        using var cipher = new FieldCipher(keyset ?? none!, StoredFormat.Legacy);
        return await CensusTaker.TakeAsync(
            store.ReadSnapshotAsync(tables, options.PageSize, stop), tables, cipher, observer, null, stop, places).ConfigureAwait(false);
    }
}
