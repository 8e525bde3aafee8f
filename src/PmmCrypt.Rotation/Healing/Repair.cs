using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Losses;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Rotation.Sweeping;

namespace PmmCrypt.Rotation.Healing;

/// <summary>
/// Brings values that the key file alone does not open to the end under its primary key, in one layer: those whose outermost key is missing
/// from it, and those under layers of keys that are (PMM-15188). The keys of other files only open; the key file stays as it is.
/// </summary>
/// <remarks>
/// It is a sweep as a rotation's is, with more keys to open with, so all that holds for that holds here: a row is replaced if it is still what
/// was read, each new ciphertext is opened again first, and a run that is killed is run again. What no key opens stays as it is, to the byte.
/// </remarks>
internal sealed class Repair(
    IRotationStore store, EncryptionModel model, Planning planning, KeyFileLocation keyFile, KeyCustody custody, IRotationObserver observer,
    TimeProvider time, TimeProvider workTime)
{
    public async Task<RepairReport> RunAsync(IReadOnlyList<string> oldKeyFiles, RotationOptions options, CancellationToken stop)
    {
        var (keyset, borrowed) = BorrowedKeys.Collect(custody.Keyset, oldKeyFiles, keyFile.Others, observer);
        using var ownedKeyset = keyset;
        if (options.AcceptKeyLoss.Count > 0)
            KeyLoss.RequireLost(options.AcceptKeyLoss, keyset, custody.Archives);
        var rule = new RewriteRule(Rotate: true, Format: null, EncryptClearAs: null) { Normalize = options.Normalize };
        var clock = new PhaseClock(observer, time);
        options = options with { SkipUnreadable = true };
        var (schema, plan) = await planning.RunAsync(keyset, options, clock, places: null, stop).ConfigureAwait(false);
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var isLossy = plan.UnderLost(options.AcceptKeyLoss) > 0;
        var report = new RotationReport
        {
            Plan = plan,
            Key = new KeyDecision(KeyAction.Keep, cipher.PrimaryKeyId),
            PrimaryKeyId = cipher.PrimaryKeyId,
            Normalizes = rule.Normalize,
            WouldWrite = rule.Remaining(plan) > 0 || isLossy,
            Loss = KeyLossReport.Of(plan, options.AcceptKeyLoss, model.Ledger?.Table),
            Missing = schema.Missing,
        };
        if (report.WouldWrite && !options.DryRun)
        {
            // Who wrote under a key that the key file lacks may have that key alone.
            if (isLossy || plan.KeysOffPrimary.Intersect(borrowed.SelectMany(keys => keys.KeyIds)).Any())
                await new KeyChange(store, custody, options, observer, time).RequireNoSessionsAsync(stop).ConfigureAwait(false);
            custody.EnsureDurable();
            if (isLossy)
            {
                var ledger = new LedgerKeeper(store, model, schema.Tables, observer, time);
                var loss = new KeyLoss(store, schema.Tables, ledger, cipher, custody, options, observer, workTime);
                report = report with { Loss = await loss.MoveAsync(stop).ConfigureAwait(false) };
            }

            await store.ShareSweepAsync(cipher.PrimaryKeyId, stop).ConfigureAwait(false);
            var settling = new Settling(store, schema.Tables, cipher, rule, options, clock, observer, workTime);
            // Each row: what lies beneath a layer of the primary, the database cannot tell.
            var settled = await settling.RunAsync(plan.Rows, SweepScope.Shared(), stop).ConfigureAwait(false);
            await schema.RequireUnchangedAsync(stop).ConfigureAwait(false);
            report = report with { Verified = settled.Verified, RowsReplaced = settled.RowsReplaced, Healed = settled.Healed };
        }

        return new RepairReport(report with { Durations = clock.End() }, borrowed);
    }
}
