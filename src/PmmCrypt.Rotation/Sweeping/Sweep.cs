using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>What a pass over the tables did.</summary>
internal sealed class SweepTally
{
    /// <summary>Rows that were read.</summary>
    public long Rows { get; set; }

    /// <summary>Rows that were replaced.</summary>
    public long Replaced { get; private set; }

    /// <summary>Rows that another session changed or held, and that are for the next pass.</summary>
    public long Missed { get; private set; }

    /// <summary>Whether parts of a table were left to other runs.</summary>
    public bool LeftParts { get; set; }

    /// <summary>Adds a page.</summary>
    public void Add(Sweep.PageTally page)
    {
        Replaced += page.Replaced;
        Missed += page.Missed;
    }

    /// <summary>Whether the pass found nothing to do.</summary>
    public bool IsQuiet => Replaced == 0 && Missed == 0;
}

/// <summary>
/// One pass over the tables: reads them page by page, rewrites what needs it, and replaces rows that are still as they were read. The next
/// page is being read, and those before being written, while one is rewritten.
/// </summary>
internal sealed class Sweep(IRotationStore store, RowRewriter rewriter, PageSize size, IRotationObserver observer)
{
    /// <param name="tables">The tables.</param>
    /// <param name="scope">Which rows to read.</param>
    /// <param name="totalRows">How many rows there are, for the progress display.</param>
    /// <param name="stop">Stops after the page that is being written.</param>
    public async Task<SweepTally> RunAsync(IReadOnlyList<TableLayout> tables, SweepScope scope, long? totalRows, CancellationToken stop)
    {
        var tally = new SweepTally();
        foreach (var table in tables.Where(scope.Has))
            await RunAsync(table, scope, tally, totalRows, stop).ConfigureAwait(false);
        // What comes next counts, and says that it is done.
        if (tally.Replaced > 0)
            await store.FlushAsync(stop).ConfigureAwait(false);
        return tally;
    }

    private async Task RunAsync(TableLayout table, SweepScope scope, SweepTally tally, long? totalRows, CancellationToken stop)
    {
        // One more set of changes than pages are written at once: it is being filled meanwhile.
        var spare = new Queue<RowChanges>(Enumerable.Range(0, store.MaxReplacing + 1).Select(_ => new RowChanges(table)));
        var writing = new Queue<(Task<PageTally> Done, RowChanges Changes)>();
        Task<RowPage>? reading = Read(scope.Beginning(table));
        RowPage? page = null;
        try
        {
            while (reading is not null)
            {
                page = await reading.ConfigureAwait(false);
                reading = null;
                stop.ThrowIfCancellationRequested();
                tally.LeftParts |= page.LeftParts;
                if (!page.IsLast)
                    reading = Read(page.Next);
                var filling = spare.Dequeue();
                filling.Clear(page.ByteCount);
                rewriter.Rewrite(page, filling);
                if (spare.Count == 0)
                    await EndOldestAsync().ConfigureAwait(false);
                tally.Rows += page.Count;
                observer.Progress(tally.Rows, totalRows);
                writing.Enqueue((WriteAsync(page, filling), filling));
                page = null;
            }

            while (writing.Count > 0)
                await EndOldestAsync().ConfigureAwait(false);
        }
        finally
        {
            page?.Dispose();
            // What was begun is brought to its end, whatever went wrong beside it: a page is committed, or it is not.
            foreach (var (done, _) in writing)
                await ((Task)done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (reading is not null)
            {
                await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (reading.IsCompletedSuccessfully)
                    reading.Result.Dispose();
            }
        }

        Task<RowPage> Read(PagePosition? from) => store.ReadPageAsync(table, from, size, scope.DoneUnder, stop);

        async Task EndOldestAsync()
        {
            var (done, changes) = writing.Dequeue();
            tally.Add(await done.ConfigureAwait(false));
            spare.Enqueue(changes);
        }
    }

    private async Task<PageTally> WriteAsync(RowPage page, RowChanges changes)
    {
        using (page)
        {
            if (changes.Count == 0)
                return new PageTally(0, 0);
            observer.Reached(RotationSteps.PageSent);
            // Not cancelled: a stop lets the page end, so that what is reported is what is stored.
            var replaced = await store.ReplaceAsync(page, changes, CancellationToken.None).ConfigureAwait(false);
            observer.Reached(RotationSteps.PageCommitted);
            var done = replaced.Count(replaced => replaced);
            return new PageTally(done, changes.Count - done);
        }
    }

    /// <summary>What became of the rows of a page that were to be replaced.</summary>
    internal readonly record struct PageTally(int Replaced, int Missed);
}
