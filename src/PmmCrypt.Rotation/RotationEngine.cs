using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Checking;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Losses;
using PmmCrypt.Rotation.Pacing;
using PmmCrypt.Rotation.Retirement;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation;

/// <summary>Rotates the key of a database's encrypted fields, encrypts what is in the clear, counts, verifies, and retires keys.</summary>
/// <remarks>
/// <para>The order of a rotation, and why a run that is killed anywhere in it loses nothing:</para>
/// <code>
/// plan      lock the database and the key file; read every row; every value must open, or nothing starts
/// key       the waiting key, or a new one: durable on the disk before a value uses it. Old keys stay: what is under them opens
/// sweep     page by page, each a short transaction: a row is replaced if its written columns still hold what was read
/// settle    again, until nothing is left: a writer may still have been using the old key
/// verify    one snapshot of every row: each value opens, under the primary key, in one layer
/// prune     only when asked: behind a fence that keeps writers out, keys that no layer of any value is under
/// </code>
/// <para>
/// A value carries its key's id, so the data itself says how far a rotation got. There is no journal; a second run finds values off the
/// primary key and finishes, without adding another key. A concurrent writer sees rows change between two of its own statements, never
/// waits longer than a page's transaction, and what it wrote is never replaced by what was read before.
/// </para>
/// </remarks>
public sealed partial class RotationEngine(IRotationStore store, EncryptionModel model, KeyFileLocation keyFile, IRotationObserver observer,
    TimeProvider time)
{
    private readonly ObserverInTurn _observer = new(observer);

    /// <summary>In a gentle run, the clock of what is given up after a while: it stands still during rests.</summary>
    private TimeProvider? WorkTime { get; init; }

    /// <summary>Opens every value as of one moment, and writes nothing: neither to the database nor to the key file.</summary>
    /// <exception cref="RotationException">Nothing of the model is in the database.</exception>
    /// <exception cref="KeyFileException">There is no key file, or it is none.</exception>
    public Task<Inspection> InspectAsync(RotationOptions options, CancellationToken stop) =>
        InspectAsync(options, byPrefix: false, stop);

    /// <summary>
    /// As <see cref="InspectAsync(RotationOptions, CancellationToken)"/>, but lets the database count what it can tell by how it begins, and
    /// opens only the rest. What opening alone tells, it does not say: layers, and values that are damaged behind their beginning.
    /// </summary>
    /// <exception cref="RotationException">Nothing of the model is in the database.</exception>
    /// <exception cref="KeyFileException">There is no key file, or it is none.</exception>
    public Task<Inspection> SurveyAsync(RotationOptions options, CancellationToken stop) =>
        InspectAsync(options, byPrefix: true, stop);

    /// <summary>Refuses where values of a census do not open, and says which other key file opens them.</summary>
    public void RequireReadable(Census census)
    {
        ArgumentNullException.ThrowIfNull(census);
        Plan.RequireReadable(census);
    }

    /// <summary>Rotates, or joins the sweep of a rotation that is under way.</summary>
    public async Task<RotationReport> RotateAsync(RotationOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Join && options.Format is not null)
            throw new ArgumentException("A run that joins another leaves the format to it.", nameof(options));
        if (options.Throttle != Throttle.None)
            return await GentlyAsync(options, (engine, same) => engine.RotateAsync(same, stop), stop).ConfigureAwait(false);
        if (!options.Join)
        {
            var taken = await store.LockAsync(options.LockTimeout, stop).ConfigureAwait(false);
            return await LeadAsync(taken, options, stop).ConfigureAwait(false);
        }

        var (held, joined) = await new JoinTurn(store, keyFile, options, _observer, time).TakeAsync(stop).ConfigureAwait(false);
        return joined is null
            ? await LeadAsync(held, options, stop).ConfigureAwait(false)
            : await FollowAsync(held, joined, options, stop).ConfigureAwait(false);
    }

    private RewriteRule RuleFor(RotationOptions options) => new(Rotate: true, options.Format, EncryptClearAs: null)
    {
        IntoClear = options.AllowPlaintext,
        Normalize = options.Normalize,
        Ledger = model.Ledger?.Table,
    };

    private async Task<RotationReport> FollowAsync(IAsyncDisposable share, KeyCustody keys, RotationOptions options, CancellationToken stop)
    {
        await using var ownedShare = share.ConfigureAwait(false);
        using var custody = keys;
        Begin();
        custody.EnsureDurable();
        using var cipher = new FieldCipher(custody.Keyset, StoredFormat.Legacy);
        _observer.Note($"joined the sweep that is under way, under key {cipher.PrimaryKeyId}");
        var clock = new PhaseClock(_observer, time);
        var schema = new SchemaWatch(store, model, await Schema.DescribeAsync(stop).ConfigureAwait(false));
        SettlingResult settled;
        try
        {
            settled = await Settle(RuleFor(options), schema.Tables, cipher, options, clock)
                .RunAsync(null, SweepScope.Shared(cipher.PrimaryKeyId), stop).ConfigureAwait(false);
        }
        catch (RotationException e) when (e.Failure == RotationFailure.Unreadable && HasChanged(custody))
        {
            throw JoinTurn.KeyFileChanged(keyFile);      // what does not open may be under a key that came meanwhile
        }

        await schema.RequireUnchangedAsync(stop).ConfigureAwait(false);
        // The run that led, and held the file's lock, may have ended before this one.
        if (JoinTurn.PrimaryOnDisk(keyFile) != cipher.PrimaryKeyId)
            throw JoinTurn.KeyFileChanged(keyFile);
        var report = new RotationReport
        {
            Plan = settled.Verified,
            Verified = settled.Verified,
            Key = new KeyDecision(KeyAction.Keep, cipher.PrimaryKeyId),
            PrimaryKeyId = cipher.PrimaryKeyId,
            RowsReplaced = settled.RowsReplaced,
            Healed = settled.Healed,
            Joined = true,
        };
        return Report(report, schema.Tables, clock);
    }

    private async Task<RotationReport> LeadAsync(IAsyncDisposable heldLock, RotationOptions options, CancellationToken stop)
    {
        await using var ownedLock = heldLock.ConfigureAwait(false);
        using var custody = OpenKeyFile(options, mayBeMissing: true, stop);
        Begin();
        var clock = new PhaseClock(_observer, time);

        if (custody.Exists && options.AcceptKeyLoss.Count > 0)
            KeyLoss.RequireLost(options.AcceptKeyLoss, custody.Keyset, [.. keyFile.Others, .. custody.Archives]);
        var rule = RuleFor(options);
        var places = new RowPlaces(rule);
        var (schema, plan) = await Plan.RunAsync(custody.Exists ? custody.Keyset : null, options, clock, places, stop).ConfigureAwait(false);
        var tables = schema.Tables;
        if (!custody.Exists)
            throw new RotationException(RotationFailure.Key, $"there is no key file at {keyFile.Path}",
                "pmm-crypt init makes it, and encrypts what is in the clear");
        var intoClear = Findings.RequireFormat(plan, rule);
        if (intoClear.Count > 0)
        {
            using var reader = new FieldCipher(custody.Keyset, StoredFormat.Legacy);
            await new ClearCheck(reader, rule).RunAsync(store.ReadSnapshotAsync(tables, options.PageSize, stop), stop).ConfigureAwait(false);
        }

        var decision = KeyDecision.For(custody.Keyset, plan, options, custody.Notes.Adding);
        var report = new RotationReport
        {
            Plan = plan,
            Key = decision,
            PrimaryKeyId = custody.Keyset.Primary.Id,
            Normalizes = rule.Normalize,
            PutIntoClear = [.. intoClear.Select(entry => $"{entry.Field}")],
            Loss = KeyLossReport.Of(plan, options.AcceptKeyLoss, model.Ledger?.Table),
        };
        var isLossy = plan.UnderLost(options.AcceptKeyLoss) > 0;
        var hasWork = decision.Action != KeyAction.Keep || rule.Remaining(plan) > 0 || isLossy;
        if (options.DryRun)
        {
            var wouldWrite = hasWork || WouldRetire(custody, plan, options)
                || (options.Format is { } wanted
                    && await Ledger(tables).NeedsRecordAsync(custody.Keyset, wanted, stop).ConfigureAwait(false));
            return Report(report with { WouldWrite = wouldWrite }, tables, clock);
        }

        clock.Begin(RotationPhase.Key);
        var isUnderWay = decision.Action is KeyAction.Finish or KeyAction.Resume;
        if (options.BackupPath is not null)
            custody.WriteBackup(options.BackupPath, isUnderWay);
        if (options.PreviousPath is not null && decision.Action != KeyAction.Keep)
            custody.KeepPrevious(options.PreviousPath, isUnderWay, options.LockTimeout, stop);
        var change = new KeyChange(store, custody, options, _observer, time);
        if (isLossy)
            await change.RequireNoSessionsAsync(stop).ConfigureAwait(false);     // one of them may have the key
        await change.MakeAsync(decision, stop).ConfigureAwait(false);
        custody.EnsureDurable();
        using var cipher = new FieldCipher(custody.Keyset, options.Format ?? StoredFormat.Legacy);
        if (options.Format is not null)
            await Ledger(tables).RecordAsync(cipher, stop).ConfigureAwait(false);

        report = report with { Key = decision with { KeyId = cipher.PrimaryKeyId }, PrimaryKeyId = cipher.PrimaryKeyId };
        if (isLossy)
            report = report with { Loss = await Loss(tables, cipher, custody, options).MoveAsync(stop).ConfigureAwait(false) };
        if (hasWork)
        {
            await store.ShareSweepAsync(cipher.PrimaryKeyId, stop).ConfigureAwait(false);
            // The places were found with the primary of then: with a new one every row has work.
            var first = decision.Action is KeyAction.Keep or KeyAction.Finish ? SweepScope.At(places, shared: true) : SweepScope.Shared();
            var settled = await Settle(rule, tables, cipher, options, clock).RunAsync(plan.Rows, first, stop).ConfigureAwait(false);
            report = report with
            {
                Verified = settled.Verified,
                RowsReplaced = settled.RowsReplaced,
                Healed = settled.Healed,
                // A service may have brought some while this ran.
                PutIntoClear = [.. report.PutIntoClear.Union(settled.IntoClear.Select(field => $"{field}"))],
            };
        }

        await schema.RequireUnchangedAsync(stop).ConfigureAwait(false);
        if (options.Prune && report.Latest.Unreadable > 0)
        {
            _observer.Warn("no key was retired: a value that does not open may need it");
        }
        else if (options.Prune && report.Loss?.Files.Count > 0)
        {
            _observer.Warn("no key was retired: what was moved into a backup file may need one, once the lost key is found");
        }
        else if (options.Prune)
        {
            clock.Begin(RotationPhase.Prune);
            var retirement = new KeyRetirement(store, schema, custody, options, _observer, time);
            report = report with { Retirement = await retirement.PruneAsync(stop).ConfigureAwait(false) };
        }

        return Report(report, tables, clock);
    }

    /// <summary>Makes the key where nothing is encrypted yet, and encrypts what is in the clear.</summary>
    public async Task<(RotationReport Report, StoredFormat Format)> InitializeAsync(RotationOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Throttle != Throttle.None)
            return await GentlyAsync(options, (engine, same) => engine.InitializeAsync(same, stop), stop).ConfigureAwait(false);
        var heldLock = await store.LockAsync(options.LockTimeout, stop).ConfigureAwait(false);
        await using var ownedLock = heldLock.ConfigureAwait(false);
        using var custody = OpenKeyFile(options, options.MakeKey, stop);
        Begin();
        return await new Initialization(store, model, Plan, custody, _observer, time, WorkTime ?? time).RunAsync(options, stop)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Puts every value that opens into the clear, and takes out of the service's record that they are encrypted. The key file stays as it is:
    /// backups need it.
    /// </summary>
    public async Task<DecryptionReport> DecryptAsync(RotationOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Throttle != Throttle.None)
            return await GentlyAsync(options, (engine, same) => engine.DecryptAsync(same, stop), stop).ConfigureAwait(false);
        var heldLock = await store.LockAsync(options.LockTimeout, stop).ConfigureAwait(false);
        await using var ownedLock = heldLock.ConfigureAwait(false);
        using var custody = OpenKeyFile(options, mayBeMissing: false, stop);
        Begin();
        return await new Decryption(store, model, Plan, custody, _observer, time, WorkTime ?? time).RunAsync(options, stop)
            .ConfigureAwait(false);
    }

    /// <summary>Disables or destroys one key, if no layer of any stored value is under it.</summary>
    public async Task<RetirementReport> RetireAsync(uint keyId, bool destroy, RotationOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        var heldLock = await store.LockAsync(options.LockTimeout, stop).ConfigureAwait(false);
        await using var ownedLock = heldLock.ConfigureAwait(false);
        using var custody = KeyCustody.Open(keyFile, options.LockTimeout, _observer, mayBeMissing: false, stop);
        Begin();
        custody.EnsureDurable();
        var tables = await Schema.DescribeAsync(stop).ConfigureAwait(false);
        var schema = new SchemaWatch(store, model, tables);
        return await new KeyRetirement(store, schema, custody, options, _observer, time).RetireAsync(keyId, destroy, stop)
            .ConfigureAwait(false);
    }

    private KeyLoss Loss(IReadOnlyList<TableLayout> tables, FieldCipher cipher, KeyCustody custody, RotationOptions options) =>
        new(store, tables, Ledger(tables), cipher, custody, options, _observer, WorkTime ?? time);

    /// <summary>Compares the model with the database, schema and values, and writes nothing. It needs no key file.</summary>
    /// <exception cref="RotationException">Nothing of the model is in the database.</exception>
    public Task<SchemaReport> CheckAsync(PageSize size, CancellationToken stop) =>
        new SchemaCheck(store, model, keyFile, _observer, time).RunAsync(size, stop);

    private async Task<Inspection> InspectAsync(RotationOptions options, bool byPrefix, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        var tables = await Schema.DescribeAsync(stop).ConfigureAwait(false);
        _observer.Phase(byPrefix ? RotationPhase.Count : RotationPhase.Plan);
        while (true)
        {
            using var custody = KeyCustody.OpenToRead(keyFile, _observer, mayBeMissing: false);
            using var cipher = new FieldCipher(custody.Keyset, StoredFormat.Legacy);
            var census = byPrefix
                ? await SurveyAsync(tables, custody.Keyset, cipher, options, stop).ConfigureAwait(false)
                : await CensusTaker.TakeAsync(store.ReadSnapshotAsync(tables, options.PageSize, stop), tables, cipher, _observer, null, stop)
                    .ConfigureAwait(false);
            // a rotation added a key after the file was read: nothing is called unreadable before the file is read again
            if (census.Unreadable > 0 && HasChanged(custody))
                continue;
            var format = await Ledger(tables).FormatAsync(census, stop).ConfigureAwait(false);
            var waiting = custody.Keyset.Waiting.Select(key => key.Id).ToArray();
            return new Inspection(census, format, waiting, SchemaFinder.MissingOf(model, tables));
        }
    }

    /// <summary>Runs on an engine that rests between its pages, on the same database.</summary>
    private async Task<T> GentlyAsync<T>(
        RotationOptions options, Func<RotationEngine, RotationOptions, Task<T>> run, CancellationToken stop)
    {
        using var turns = new Turns(Pace.For(options.Throttle), time, stop);
        var gentle = new PacedStore(store, turns, _observer);
        var engine = new RotationEngine(gentle, model, keyFile, _observer, time) { WorkTime = turns.WorkTime };
        return await run(engine, options with { Throttle = Throttle.None }).ConfigureAwait(false);
    }

    private void Begin()
    {
        store.BeforeCommit = () => _observer.Reached(RotationSteps.PageUpdated);
        _observer.Reached(RotationSteps.Locked);
    }

    private bool HasChanged(KeyCustody custody)
    {
        using var now = KeyFile.Load(keyFile.Path);
        return now.Keyset.ToString() != custody.Keyset.ToString();
    }

    private bool WouldRetire(KeyCustody custody, Census plan, RotationOptions options) =>
        options.Prune && RetirementRule.ForPrune(custody.Keyset, plan, custody.Notes, options.Retain, time.GetUtcNow()).HasWork;

    private Planning Plan => new(store, model, keyFile, _observer, time);

    private SchemaFinder Schema => new(store, model, _observer);

    private LedgerKeeper Ledger(IReadOnlyList<TableLayout> tables) => new(store, model, tables, _observer, time);

    private RotationReport Report(RotationReport report, IEnumerable<TableLayout> tables, PhaseClock clock) =>
        report with { Missing = SchemaFinder.MissingOf(model, tables), Durations = clock.End() };

    private KeyCustody OpenKeyFile(RotationOptions options, bool mayBeMissing, CancellationToken stop) => options.DryRun
        ? KeyCustody.OpenToRead(keyFile, _observer, mayBeMissing)
        : KeyCustody.Open(keyFile, options.LockTimeout, _observer, mayBeMissing, stop);

    private Settling Settle(RewriteRule rule, IReadOnlyList<TableLayout> tables, FieldCipher cipher, RotationOptions options,
        PhaseClock clock) =>
        new(store, tables, cipher, rule, options, clock, _observer, WorkTime ?? time);

    private async Task<Census> SurveyAsync(
        IReadOnlyList<TableLayout> tables, Keyset keyset, FieldCipher cipher, RotationOptions options, CancellationToken stop)
    {
        // Those that open nothing are left out: what is under them is read, and named.
        var enabled = keyset.Keys.Where(key => key.Status == KeyStatus.Enabled).Select(key => key.Id).Where(id => id != cipher.PrimaryKeyId);
        var counted = await store.CountAsync(tables, [cipher.PrimaryKeyId, .. enabled], stop).ConfigureAwait(false);
        await using var ownedCount = counted.ConfigureAwait(false);
        return await CensusTaker.TakeAsync(counted, tables, cipher, _observer, options.PageSize, stop).ConfigureAwait(false);
    }
}
