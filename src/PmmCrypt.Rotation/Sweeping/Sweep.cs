using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>What a pass over the tables did.</summary>
internal sealed class SweepTally
{
    /// <summary>Rows that were read.</summary>
    public long Rows { get; set; }

    /// <summary>Rows that were replaced.</summary>
    public long Replaced { get; set; }

    /// <summary>Rows that another session changed or held, and that are for the next pass.</summary>
    public long Missed { get; set; }

    /// <summary>Whether the pass found nothing to do.</summary>
    public bool IsQuiet => Replaced == 0 && Missed == 0;
}

/// <summary>
/// One pass over the tables: reads them page by page, rewrites what needs it, and replaces rows that are still as they were read. The next
/// page is being read, and the one before being written, while one is rewritten.
/// </summary>
internal sealed class Sweep(IRotationStore store, RowRewriter rewriter, PageSize size, IRotationObserver observer)
{
    /// <param name="tables">The tables.</param>
    /// <param name="doneUnder">The primary key, to read only rows that the database cannot prove done; null to read every row.</param>
    /// <param name="totalRows">How many rows there are, for the progress display.</param>
    /// <param name="stop">Stops after the page that is being written.</param>
    public async Task<SweepTally> RunAsync(IReadOnlyList<TableLayout> tables, uint? doneUnder, long? totalRows, CancellationToken stop)
    {
        var tally = new SweepTally();
        foreach (var table in tables.Where(table => table.IsPresent))
            await RunAsync(table, doneUnder, tally, totalRows, stop).ConfigureAwait(false);
        // What comes next counts, and says that it is done.
        if (tally.Replaced > 0)
            await store.FlushAsync(stop).ConfigureAwait(false);
        return tally;
    }

    private async Task RunAsync(TableLayout table, uint? doneUnder, SweepTally tally, long? totalRows, CancellationToken stop)
    {
        // Two sets of changes: one is being filled while the other is being written.
        var (filling, spare) = (new RowChanges(table), new RowChanges(table));
        var writing = Task.CompletedTask;
        Task<RowPage>? reading = Read(from: null);
        RowPage? page = null;
        try
        {
            while (reading is not null)
            {
                page = await reading.ConfigureAwait(false);
                reading = null;
                stop.ThrowIfCancellationRequested();
                if (!page.IsLast)
                    reading = Read(page.Next);
                filling.Clear(page.ByteCount);
                rewriter.Rewrite(page, filling);
                await writing.ConfigureAwait(false);
                tally.Rows += page.Count;
                observer.Progress(tally.Rows, totalRows);
                writing = WriteAsync(page, filling, tally);
                page = null;
                (filling, spare) = (spare, filling);
            }

            await writing.ConfigureAwait(false);
        }
        finally
        {
            page?.Dispose();
            // What was begun is brought to its end, whatever went wrong beside it: a page is committed, or it is not.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (reading is not null)
            {
                await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (reading.IsCompletedSuccessfully)
                    reading.Result.Dispose();
            }
        }

        Task<RowPage> Read(PagePosition? from) => store.ReadPageAsync(table, from, size, doneUnder, stop);
    }

    private async Task WriteAsync(RowPage page, RowChanges changes, SweepTally tally)
    {
        using (page)
        {
            if (changes.Count == 0)
                return;
            observer.Reached(RotationSteps.PageSent);
            // Not cancelled: a stop lets the page end, so that what is reported is what is stored.
            var replaced = await store.ReplaceAsync(page, changes, CancellationToken.None).ConfigureAwait(false);
            observer.Reached(RotationSteps.PageCommitted);
            var done = replaced.Count(replaced => replaced);
            tally.Replaced += done;
            tally.Missed += changes.Count - done;
        }
    }
}
