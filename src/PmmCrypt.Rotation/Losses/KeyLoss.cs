using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Losses;

/// <summary>
/// Moves values whose keys are lost out of the database into a backup file, and leaves their fields empty, so that all that is left opens.
/// </summary>
/// <remarks>
/// <code>
/// read     pages that hold such values are kept, as they were read
/// keep     their values are written into a new file, and wait for the disk
/// empty    each row of those pages, only if it is still the version that was read: what is in the file is what is taken away
/// </code>
/// Killed between the last two, both have the values, and the same command moves them again, into another file. A value that the keys open,
/// or that carries another key's id, is not touched. The service's own key check is no secret: it is made anew.
/// </remarks>
internal sealed class KeyLoss(
    IRotationStore store, IReadOnlyList<TableLayout> tables, LedgerKeeper ledger, FieldCipher cipher, KeyCustody custody,
    RotationOptions options, IRotationObserver observer, TimeProvider time)
{
    /// <summary>How much is kept in memory before it is moved: more than any PMM holds.</summary>
    private const int MostBytes = 32 << 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly List<string> _files = [];
    private readonly List<ValueProblem> _moved = [];
    private readonly List<(RowPage Page, LostRows Rows)> _held = [];
    private long _count;
    private long _missed;
    private int _bytes;

    /// <summary>Refuses where a key is not lost: the key file has it, or a file beside it.</summary>
    /// <param name="lost">The keys that are said to be lost.</param>
    /// <param name="keyset">The keys that values are opened with.</param>
    /// <param name="others">Key files that may hold it.</param>
    public static void RequireLost(IReadOnlyCollection<uint> lost, Keyset keyset, IEnumerable<string> others)
    {
        if (lost.Count == 0)
            return;
        foreach (var id in lost.Where(id => keyset.Find(id) is not null))
        {
            throw new RotationException(
                RotationFailure.Refused, $"key {id} is not lost: it is among the keys that are there",
                $"leave out --accept-key-loss {id}; what is under it opens (after pmm-crypt key enable {id}, where it is disabled), "
                + "or is damaged and has to be set anew");
        }

        foreach (var path in others)
        {
            if (HeldBy(path, lost) is { } id)
            {
                throw new RotationException(
                    RotationFailure.Refused, $"key {id} is not lost: {path} has it",
                    $"pmm-crypt repair --old-key {path} opens what is under it; if that file is of no use, move it away");
            }
        }
    }

    /// <summary>Moves them.</summary>
    /// <exception cref="RotationException">The values cannot be kept in a file, or rows are held by others for too long.</exception>
    public async Task<KeyLossReport> MoveAsync(CancellationToken stop)
    {
        // In the one update that takes it out: killed between two, a database without its check would be taken for one of the other format.
        using var check = await ledger.FormatAsync(stop).ConfigureAwait(false) == StoredFormat.Envelope
            ? new FieldCipher(custody.Keyset, StoredFormat.Envelope) : null;
        var since = time.GetTimestamp();
        var pause = Pause;
        try
        {
            while (await PassAsync(check, stop).ConfigureAwait(false))
            {
                if (_missed == 0)
                    continue;
                if (time.GetElapsedTime(since) >= options.SettleTimeout)
                {
                    throw new RotationException(
                        RotationFailure.WorkRemains, $"{_missed} rows with values under lost keys are held by another session",
                        "stop the service, then run the same command: it goes on");
                }

                await Task.Delay(pause, time, stop).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;      // each pass writes a file
            }
        }
        finally
        {
            Drop();
        }

        return new KeyLossReport(_files, _count, _moved);
    }

    private static uint? HeldBy(string path, IReadOnlyCollection<uint> ids)
    {
        try
        {
            using var file = KeyFile.Load(path);
            return file.Keyset.Keys.FirstOrDefault(key => ids.Contains(key.Id))?.Id;
        }
        catch (KeyFileException e) when (e.Kind is KeyFileProblem.Missing or KeyFileProblem.NotAFile or KeyFileProblem.Invalid)
        {
            return null;        // it is not there, or is no key file
        }
        catch (KeyFileException e)
        {
            throw new RotationException(
                RotationFailure.Refused, $"a key that is said to be lost may be in {path}: {e.Message}",
                "run this as a user who may read it; if that file is of no use, move it away");
        }
    }

    /// <summary>One pass over the tables.</summary>
    /// <returns>Whether there was anything to move.</returns>
    private async Task<bool> PassAsync(FieldCipher? check, CancellationToken stop)
    {
        _missed = 0;
        var any = false;
        foreach (var table in tables.Where(table => table.IsPresent))
        {
            Func<byte[], byte[]>? renew = table.Table != ledger.Table ? null
                : emptied => check is null ? emptied : ledger.Renewed(emptied, check);
            var finder = new LostFinder(table, renew, cipher, options.AcceptKeyLoss);
            PagePosition? from = null;
            do
            {
                var page = await store.ReadPageAsync(table, from, options.PageSize, null, stop).ConfigureAwait(false);
                from = page.Next;
                if (finder.Find(page) is { Changes.Count: > 0 } rows)
                {
                    any = true;
                    _held.Add((page, rows));
                    _bytes += page.ByteCount;
                }
                else
                {
                    page.Dispose();
                }

                if (_bytes >= MostBytes)
                    await MoveHeldAsync(stop).ConfigureAwait(false);
            }
            while (from is not null);
        }

        await MoveHeldAsync(stop).ConfigureAwait(false);
        return any;
    }

    private async Task MoveHeldAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (_held.Any(held => held.Rows.Values.Count > 0))
        {
            var now = time.GetUtcNow();
            var content = LossFile.Write(_held, custody.Path, options.AcceptKeyLoss, now);
            _files.Add(custody.KeepValues(content, now));
        }

        foreach (var (page, rows) in _held)
        {
            observer.Reached(RotationSteps.PageSent);
            // Not cancelled, as in a sweep: what is reported is what is stored.
            var replaced = await store.ReplaceAsync(page, rows.Changes, CancellationToken.None).ConfigureAwait(false);
            observer.Reached(RotationSteps.PageCommitted);
            Count(rows, replaced);
        }

        if (_held.Count > 0)
            await store.FlushAsync(stop).ConfigureAwait(false);
        Drop();
    }

    private void Count(LostRows rows, IReadOnlyList<bool> replaced)
    {
        _missed += replaced.Count(isReplaced => !isReplaced);
        var done = Enumerable.Range(0, replaced.Count).Where(change => replaced[change]).Select(rows.Changes.Row).ToHashSet();
        foreach (var (_, value) in rows.Values.Where(lost => done.Contains(lost.Row)))
        {
            _count++;
            if (_moved.Count < Census.MaxProblems)
                _moved.Add(value);
        }
    }

    private void Drop()
    {
        foreach (var (page, _) in _held)
            page.Dispose();
        _held.Clear();
        _bytes = 0;
    }
}
