using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>Puts a database into the clear, for a service that cannot read what is encrypted.</summary>
/// <remarks>
/// The record is erased last: killed before that, the service reads values in the clear for what they are, and the same command finishes. The
/// other way round it would encrypt ciphertexts.
/// </remarks>
internal sealed class Decryption(
    IRotationStore store, EncryptionModel model, Planning planning, KeyCustody custody, IRotationObserver observer, TimeProvider time,
    TimeProvider workTime)
{
    private readonly RewriteRule _rule =
        new(Rotate: false, Format: null, EncryptClearAs: null) { Decrypt = true, Ledger = model.Ledger?.Table };

    public async Task<DecryptionReport> RunAsync(RotationOptions options, CancellationToken stop)
    {
        var clock = new PhaseClock(observer, time);
        var keyset = custody.Keyset;
        var (schema, plan) = await planning.RunAsync(keyset, options, clock, places: null, stop).ConfigureAwait(false);
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        await new ClearCheck(cipher, _rule).RunAsync(store.ReadSnapshotAsync(schema.Tables, options.PageSize, stop), stop)
            .ConfigureAwait(false);
        var ledger = new LedgerKeeper(store, model, schema.Tables, observer, time);
        var values = _rule.Remaining(plan);
        var isRecorded = await ledger.NeedsErasureAsync(stop).ConfigureAwait(false);
        var report = new RotationReport
        {
            Plan = plan,
            Key = new KeyDecision(KeyAction.Keep, cipher.PrimaryKeyId),
            PrimaryKeyId = cipher.PrimaryKeyId,
            WouldWrite = isRecorded || values > 0,
            Missing = schema.Missing,
        };
        if (!report.WouldWrite || options.DryRun)
            return new DecryptionReport(report with { Durations = clock.End() }, values, isRecorded);
        await new KeyChange(store, custody, options, observer, time).RequireNoSessionsAsync(stop).ConfigureAwait(false);
        // A run that joined a sweep would go on to encrypt.
        await store.ExcludeSweepsAsync([.. keyset.Keys.Select(key => key.Id)], options.LockTimeout, stop).ConfigureAwait(false);
        if (values > 0)
        {
            var settling = new Settling(store, schema.Tables, cipher, _rule, options, clock, observer, workTime);
            var settled = await settling.RunAsync(plan.Rows, SweepScope.NotDone(null), stop).ConfigureAwait(false);
            report = report with { Verified = settled.Verified, RowsReplaced = settled.RowsReplaced };
        }

        await ledger.EraseAsync(stop).ConfigureAwait(false);
        await schema.RequireUnchangedAsync(stop).ConfigureAwait(false);
        return new DecryptionReport(report with { Durations = clock.End() }, values, isRecorded);
    }
}
