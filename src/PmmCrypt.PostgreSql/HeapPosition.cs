using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Where in a heap a page begins, and what a pass through the heap must know of its own beginning.</summary>
/// <param name="From">The place at which the page begins.</param>
/// <param name="End">
/// The place behind the last that the heap had when the pass began. What was written behind it since is not the pass's to read.
/// </param>
/// <param name="Horizon">
/// The transaction id that came next when the pass began: what was written under it, or later, by this pass or by a service, is left out.
/// Otherwise a pass would meet again, in free space further on, what it has written itself.
/// </param>
/// <param name="Places">How many places are to be read at once: as many as came to a page last.</param>
internal sealed record HeapPosition(ulong From, ulong End, uint Horizon, ulong Places) : PagePosition
{
    /// <summary>Of a page's size, how much is aimed at: what is read beyond a page is read again for the next.</summary>
    private const double Aim = 0.9;

    private const ulong First = 16 * HeapPlace.PerBlock;
    private const double MostGrowth = 4;

    /// <summary>The parts of which the place and its end are one; null where the pass reads the heap from end to end.</summary>
    public HeapParts? Parts { get; init; }

    /// <summary>The beginning of a heap.</summary>
    public static HeapPosition Beginning(long blocks, uint horizon) => new(0, (ulong)blocks * HeapPlace.PerBlock, horizon, First);

    /// <summary>The place behind the last that is read for this page.</summary>
    public ulong To => Math.Min(End, From + Places);

    /// <summary>Whether the heap, or the part of it, ends here.</summary>
    public bool IsEnd => From >= End;

    /// <summary>Where the page after one goes on, and how much is read for it.</summary>
    /// <param name="page">What was read from here.</param>
    /// <param name="size">How much a page takes.</param>
    public HeapPosition Behind(RowPage page, PageSize size)
    {
        var isCut = page.IsFull(size);
        var next = isCut ? page.Place(page.Count - 1) + 1 : To;
        var scanned = next - From;
        var filled = Math.Max((double)page.Count / size.Rows, (double)page.ByteCount / size.Bytes);
        var growth = filled == 0 ? MostGrowth : Math.Min(MostGrowth, Aim / filled);
        return this with { From = next, Places = Math.Max(1, (ulong)(scanned * growth)) };
    }
}
