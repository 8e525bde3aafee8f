using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Healing;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Losses;

/// <summary>Puts values of a backup file back into the database, where a key opens them and their place is as the loss left it.</summary>
/// <remarks>
/// A row is replaced as in a sweep: if it is still what was read, by a ciphertext that was opened again first. Killed anywhere, the same
/// command goes on: what is in its place already is left there.
/// </remarks>
internal sealed class Restoration(
    IRotationStore store, EncryptionModel model, Planning planning, KeyFileLocation keyFile, KeyCustody custody, IRotationObserver observer,
    TimeProvider time, TimeProvider workTime)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public async Task<RestorationReport> RunAsync(
        LossFile file, IReadOnlyList<string> oldKeyFiles, RotationOptions options, CancellationToken stop)
    {
        if (!file.Tables.Any() && file.Unknown.Count > 0)
        {
            throw new RotationException(
                RotationFailure.NothingFound, $"nothing of {model.Name} is in the file: it has {string.Join(", ", file.Unknown)}",
                "name the assembly that declares these tables: --assembly; without it the tables are PMM's");
        }

        var (keyset, borrowed) = BorrowedKeys.Collect(custody.Keyset, oldKeyFiles, keyFile.Others, observer);
        using var ownedKeyset = keyset;
        var clock = new PhaseClock(observer, time);
        var (schema, plan) = await planning.RunAsync(keyset, options with { SkipUnreadable = true }, clock, places: null, stop)
            .ConfigureAwait(false);
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var recorded = await new LedgerKeeper(store, model, schema.Tables, observer, time).FormatAsync(stop).ConfigureAwait(false);
        var format = recorded != StoredFormat.Unknown ? recorded
            : plan.OpenedIn(StoredFormat.Envelope) > 0 ? StoredFormat.Envelope : StoredFormat.Unknown;
        if (!options.DryRun)
            custody.EnsureDurable();
        clock.Begin(RotationPhase.Sweep);
        var tally = new RestorationTally();
        var presentKeys = PresentKeys(oldKeyFiles);
        foreach (var table in file.Tables)
        {
            var layout = schema.Tables.Single(present => present.Table == table);
            var rows = new RowRestorer(layout, cipher, format, file.LostKeys, presentKeys);
            await RestoreAsync(layout, rows, file, options, tally, stop).ConfigureAwait(false);
        }

        await schema.RequireUnchangedAsync(stop).ConfigureAwait(false);
        return new RestorationReport(cipher.PrimaryKeyId, borrowed)
        {
            Restored = tally.Restored,
            InPlace = tally.InPlace,
            Left = tally.Left,
            Unopened = tally.Unopened,
            UnknownTables = file.Unknown,
        };
    }

    private async Task RestoreAsync(
        TableLayout table, RowRestorer rows, LossFile file, RotationOptions options, RestorationTally tally, CancellationToken stop)
    {
        var pending = new Dictionary<string, Dictionary<ValuePlace, byte[]>>(file.In(table.Table));
        var since = workTime.GetTimestamp();
        while (true)
        {
            var missed = table.IsPresent ? await PassAsync(table, rows, pending, options, tally, stop).ConfigureAwait(false) : 0;
            // A page may leave out a row that is written meanwhile: what is gone, a snapshot says.
            if (missed == 0)
                missed = await CountAsync(table, pending, options, stop).ConfigureAwait(false);
            if (missed == 0)
                break;
            if (workTime.GetElapsedTime(since) >= options.SettleTimeout)
            {
                throw new RotationException(
                    RotationFailure.WorkRemains, $"{missed} rows of {table.Table} are held by another session",
                    "stop the service, then run the same command: it goes on");
            }

            await Task.Delay(Pause, time, stop).ConfigureAwait(false);
        }

        foreach (var (key, values) in pending)
            rows.Gone(key, values, tally);
    }

    /// <summary>The keys of the key file, but for those of files that were named: they were given because theirs are lost.</summary>
    private HashSet<uint> PresentKeys(IEnumerable<string> oldKeyFiles)
    {
        var keys = custody.Keyset.Keys.Select(key => key.Id).ToHashSet();
        foreach (var path in oldKeyFiles)
        {
            using var file = KeyFile.Load(path);
            keys.ExceptWith(file.Keyset.Keys.Select(key => key.Id));
        }

        return keys;
    }

    /// <summary>How many of these rows the table has.</summary>
    private async Task<int> CountAsync(
        TableLayout table, Dictionary<string, Dictionary<ValuePlace, byte[]>> rows, RotationOptions options, CancellationToken stop)
    {
        var count = 0;
        if (!table.IsPresent || rows.Count == 0)
            return count;
        await foreach (var page in store.ReadSnapshotAsync([table], options.PageSize, stop).ConfigureAwait(false))
        {
            using (page)
                count += Enumerable.Range(0, page.Count).Count(row => rows.ContainsKey(LossFile.KeyText(page.Key(row))));
        }

        return count;
    }

    /// <summary>One pass over a table, which takes the rows that are done from those that are pending.</summary>
    /// <returns>How many rows another session changed or held.</returns>
    private async Task<int> PassAsync(
        TableLayout table, RowRestorer rows, Dictionary<string, Dictionary<ValuePlace, byte[]>> pending, RotationOptions options,
        RestorationTally tally, CancellationToken stop)
    {
        var missed = 0;
        PagePosition? from = null;
        do
        {
            using var page = await store.ReadPageAsync(table, from, options.PageSize, null, stop).ConfigureAwait(false);
            from = page.Next;
            var changes = new RowChanges(table);
            var found = new List<(string Key, RestorationTally Tally, int? Change)>();
            for (var row = 0; row < page.Count; row++)
            {
                var key = LossFile.KeyText(page.Key(row));
                if (!pending.TryGetValue(key, out var values))
                    continue;
                var before = changes.Count;
                found.Add((key, rows.Restore(page, row, values, changes), changes.Count > before ? before : null));
            }

            var replaced = await ReplaceAsync(page, changes, options.DryRun).ConfigureAwait(false);
            foreach (var (key, part, change) in found)
            {
                if (change is { } number && !replaced[number])
                {
                    missed++;
                    continue;
                }

                pending.Remove(key);
                tally.Add(part);
            }

            stop.ThrowIfCancellationRequested();
        }
        while (from is not null);
        if (!options.DryRun)
            await store.FlushAsync(stop).ConfigureAwait(false);
        return missed;
    }

    private async Task<IReadOnlyList<bool>> ReplaceAsync(RowPage page, RowChanges changes, bool isDryRun)
    {
        if (changes.Count == 0 || isDryRun)
            return [.. Enumerable.Repeat(true, changes.Count)];
        observer.Reached(RotationSteps.PageSent);
        // Not cancelled, as in a sweep: what is reported is what is stored.
        var replaced = await store.ReplaceAsync(page, changes, CancellationToken.None).ConfigureAwait(false);
        observer.Reached(RotationSteps.PageCommitted);
        return replaced;
    }
}
