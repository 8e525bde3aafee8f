using System.Runtime.CompilerServices;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A store that writes down what it is asked, and lets a test act in between as a service or a fault would.</summary>
internal sealed class WatchedStore(IRotationStore inner) : IRotationStore
{
    private readonly List<string> _transcript = [];
    private readonly List<RowPage> _pages = [];
    private readonly List<uint?> _doneUnder = [];
    private readonly List<PagePosition?> _positions = [];
    private readonly List<string> _sweeps = [];
    private int _replacements;
    private int _joins;
    private int _locks;
    private int _snapshots;

    /// <summary>What was asked, in its order.</summary>
    public IReadOnlyList<string> Transcript => _transcript;

    /// <summary>The pages that were handed out to be swept.</summary>
    public IReadOnlyList<RowPage> Pages => _pages;

    /// <summary>Where they began; null for a table's beginning.</summary>
    public IReadOnlyList<PagePosition?> Positions => _positions;

    /// <summary>Whether parts were left to other runs, for the n-th page (from 1).</summary>
    public Func<int, bool> LeftParts { get; set; } = _ => false;

    /// <summary>Under which key rows might be left out, page by page.</summary>
    public IReadOnlyList<uint?> DoneUnder => _doneUnder;

    public bool WritersWaitForSnapshots { get; set; }

    /// <summary>Acts before the n-th snapshot (from 1) is read.</summary>
    public Action<int> BeforeSnapshot { get; set; } = _ => { };

    /// <summary>Acts after the n-th page (from 1) was read.</summary>
    public Action<int> AfterRead { get; set; } = _ => { };

    /// <summary>Acts before the n-th page (from 1) is replaced.</summary>
    public Action<int> BeforeReplace { get; set; } = _ => { };

    /// <summary>Acts after the n-th page (from 1) was replaced.</summary>
    public Action<int> AfterReplace { get; set; } = _ => { };

    /// <summary>Which sessions are seen, the n-th time (from 1) that they are asked for.</summary>
    public Func<int, IReadOnlyList<StoreSession>> Sessions { get; set; } = _ => [];

    /// <summary>Whether a row is held by another session.</summary>
    public Func<RowKey, bool> IsHeld { get; set; } = _ => false;

    /// <summary>Whether a page to be swept is without a row that the table has: asked for each row that is read.</summary>
    public Func<RowKey, bool> LeaveOut { get; set; } = _ => false;

    /// <summary>Acts just before a fence is raised.</summary>
    public Action BeforeFence { get; set; } = () => { };

    /// <summary>Acts when a fence has been proved to stand.</summary>
    public Action AfterProve { get; set; } = () => { };

    /// <summary>Acts when a fence is to be released.</summary>
    public Action BeforeRelease { get; set; } = () => { };

    public int SessionsAsked { get; private set; }

    public string DisplayName => inner.DisplayName;

    public string Database => inner.Database;

    public int MaxReplacing => inner.MaxReplacing;

    /// <summary>What the n-th attempt (from 1) to take the lock fails with; null where it does not.</summary>
    public Func<int, StoreLockedException?> HeldBy { get; set; } = _ => null;

    /// <summary>Under which keys a sweep is under way that can be joined, the n-th time (from 1) that it is asked.</summary>
    public Func<int, uint, bool> Joinable { get; set; } = (_, _) => false;

    /// <summary>Which sweeps were shared, joined and excluded, in their order.</summary>
    public IReadOnlyList<string> Sweeps => _sweeps;

    public Task ShareSweepAsync(uint keyId, CancellationToken cancellation)
    {
        _sweeps.Add($"share {keyId}");
        return inner.ShareSweepAsync(keyId, cancellation);
    }

    public async Task<IAsyncDisposable?> JoinSweepAsync(uint keyId, CancellationToken cancellation)
    {
        if (!Joinable(++_joins, keyId))
            return null;
        _sweeps.Add($"join {keyId}");
        return await inner.LockAsync(TimeSpan.Zero, cancellation);
    }

    public Task ExcludeSweepsAsync(IReadOnlyList<uint> keyIds, TimeSpan timeout, CancellationToken cancellation)
    {
        _sweeps.Add($"exclude {string.Join(' ', keyIds)}");
        return inner.ExcludeSweepsAsync(keyIds, timeout, cancellation);
    }

    public Action? BeforeCommit
    {
        get => inner.BeforeCommit;
        set => inner.BeforeCommit = value;
    }

    public async Task<IAsyncDisposable> LockAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        _transcript.Add("lock");
        if (HeldBy(++_locks) is { } holder)
            throw holder;
        return await inner.LockAsync(timeout, cancellation);
    }

    public Task<IReadOnlyList<TableLayout>> DescribeAsync(EncryptionModel model, CancellationToken cancellation) =>
        inner.DescribeAsync(model, cancellation);

    public Task<IReadOnlyList<TableFacts>> ExamineAsync(EncryptionModel model, CancellationToken cancellation) =>
        inner.ExamineAsync(model, cancellation);

    public Task<ProbeResult> ProbeAsync(IReadOnlyList<TableLayout> tables, CancellationToken cancellation)
    {
        _transcript.Add("probe");
        return inner.ProbeAsync(tables, cancellation);
    }

    /// <summary>Which replicas are behind.</summary>
    public IReadOnlyList<string> Lagging { get; set; } = [];

    /// <summary>What is found outside the model; null for what the database holds.</summary>
    public StrayReferences? Strays { get; set; }

    /// <summary>The keys that were last asked for outside the model.</summary>
    public IReadOnlyList<uint>? StraysAsked { get; private set; }

    public Task<StrayReferences> FindStraysAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, bool inJsonOfTables, CancellationToken cancellation)
    {
        StraysAsked = keyIds;
        return Strays is null ? inner.FindStraysAsync(tables, keyIds, inJsonOfTables, cancellation) : Task.FromResult(Strays);
    }

    public Task<IReadOnlyList<string>> LaggingReplicasAsync(TimeSpan timeout, CancellationToken cancellation) => Task.FromResult(Lagging);

    public Task<IReadOnlyList<StoreSession>> SessionsAsync(CancellationToken cancellation)
    {
        _transcript.Add("sessions");
        return Task.FromResult(Sessions(++SessionsAsked));
    }

    public IAsyncEnumerable<RowPage> ReadSnapshotAsync(IReadOnlyList<TableLayout> tables, PageSize size, CancellationToken cancellation)
    {
        _transcript.Add("snapshot");
        BeforeSnapshot(++_snapshots);
        return inner.ReadSnapshotAsync(tables, size, cancellation);
    }

    /// <summary>What the store says that it counted, instead of what it did; the rest is then what it leaves to be read.</summary>
    public Func<IReadOnlyList<TableLayout>, IReadOnlyList<ValueCount>>? Counted { get; set; }

    /// <summary>The keys that were last counted by.</summary>
    public IReadOnlyList<uint>? CountedBy { get; private set; }

    public async Task<ICountedSnapshot> CountAsync(
        IReadOnlyList<TableLayout> tables, IReadOnlyList<uint> keyIds, CancellationToken cancellation)
    {
        _transcript.Add("count");
        BeforeSnapshot(++_snapshots);
        CountedBy = keyIds;
        return new WatchedCount(await inner.CountAsync(tables, keyIds, cancellation), Counted?.Invoke(tables));
    }

    public async Task<RowPage> ReadPageAsync(
        TableLayout table, PagePosition? from, PageSize size, uint? doneUnder, CancellationToken cancellation)
    {
        var page = Without(await inner.ReadPageAsync(table, from, size, doneUnder, cancellation));
        _pages.Add(page);
        _doneUnder.Add(doneUnder);
        _positions.Add(from);
        page.LeftParts |= LeftParts(_pages.Count);
        AfterRead(_pages.Count);
        _transcript.Add($"read {page.Count} of {table.Table}{(from is KeyPosition { After: var key } ? $" after {key}" : "")}");
        return page;
    }

    private RowPage Without(RowPage page)
    {
        var kept = Enumerable.Range(0, page.Count).Where(row => !LeaveOut(page.Key(row))).ToArray();
        if (kept.Length == page.Count)
            return page;
        var rest = new RowPage(page.Layout) { Next = page.Next, Origin = page.Origin, LeftParts = page.LeftParts };
        foreach (var row in kept)
        {
            rest.Begin(page.Key(row), page.Version(row), page.Place(row));
            for (var column = 0; column < page.Layout.Columns.Count; column++)
            {
                if (page.IsNull(row, column))
                    rest.AddNull();
                else
                    rest.Add(page.Column(row, column).Span);
            }
        }

        page.Dispose();
        return rest;
    }

    public Task FlushAsync(CancellationToken cancellation)
    {
        _transcript.Add("flushed");
        return inner.FlushAsync(cancellation);
    }

    public async Task<IReadOnlyList<bool>> ReplaceAsync(RowPage page, RowChanges changes, CancellationToken cancellation)
    {
        BeforeReplace(++_replacements);
        var free = Enumerable.Range(0, changes.Count).Where(change => !IsHeld(page.Key(changes.Row(change)))).ToArray();
        var replaced = new bool[changes.Count];
        var some = new RowChanges(page.Layout);
        foreach (var change in free)
        {
            for (var column = 0; column < page.Layout.Columns.Count; column++)
            {
                if (changes.Column(change, column) is { } value)
                    some.Set(changes.Row(change), column, value.Span);
                else if (changes.IsNull(change, column))
                    some.SetNull(changes.Row(change), column);
            }
        }

        var done = free.Length == 0 ? [] : await inner.ReplaceAsync(page, some, cancellation);
        for (var i = 0; i < free.Length; i++)
            replaced[free[i]] = done[i];
        _transcript.Add($"replaced {replaced.Count(row => row)} of {changes.Count} in {page.Layout.Table}");
        AfterReplace(_replacements);
        return replaced;
    }

    /// <summary>How busy the database is, the n-th time (from 1) that it is asked.</summary>
    public Func<int, StoreLoad> Load { get; set; } = _ => StoreLoad.Unknown;

    public int LoadAsked { get; private set; }

    public Task<StoreLoad> LoadAsync(CancellationToken cancellation) => Task.FromResult(Load(++LoadAsked));

    public async Task<IStoreFence> FenceAsync(IReadOnlyList<TableLayout> tables, TimeSpan timeout, CancellationToken cancellation)
    {
        BeforeFence();
        _transcript.Add("fence");
        return new WatchedFence(await inner.FenceAsync(tables, timeout, cancellation), this);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class WatchedCount(ICountedSnapshot inner, IReadOnlyList<ValueCount>? counted) : ICountedSnapshot
    {
        public long Rows => counted is null ? inner.Rows : 100;

        public IReadOnlyList<ValueCount> Counts => counted ?? inner.Counts;

        public IAsyncEnumerable<RowPage> ReadRestAsync(PageSize size, CancellationToken cancellation) =>
            inner.ReadRestAsync(size, cancellation);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class WatchedFence(IStoreFence inner, WatchedStore store) : IStoreFence
    {
        public async IAsyncEnumerable<RowPage> ReadAsync(PageSize size, [EnumeratorCancellation] CancellationToken cancellation)
        {
            await foreach (var page in inner.ReadAsync(size, cancellation))
                yield return page;
        }

        public async Task ProveAsync(CancellationToken cancellation)
        {
            store._transcript.Add("prove");
            await inner.ProveAsync(cancellation);
            store.AfterProve();
        }

        public Task ReleaseAsync(CancellationToken cancellation)
        {
            store._transcript.Add("release");
            store.BeforeRelease();
            return inner.ReleaseAsync(cancellation);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
