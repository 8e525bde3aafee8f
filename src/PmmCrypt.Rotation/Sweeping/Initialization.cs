using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>Encrypts what is in the clear; where nothing is encrypted yet, under a key that it makes.</summary>
/// <remarks>
/// The record is written first: killed after it, PMM passes clear values through; the other way round it would encrypt ciphertext.
/// </remarks>
internal sealed class Initialization(
    IRotationStore store, EncryptionModel model, Planning planning, KeyCustody custody, IRotationObserver observer, TimeProvider time,
    TimeProvider workTime)
{
    public async Task<(RotationReport Report, StoredFormat Format)> RunAsync(RotationOptions options, CancellationToken stop)
    {
        var clock = new PhaseClock(observer, time);
        var (schema, plan) = await planning.RunAsync(custody.Exists ? custody.Keyset : null, options, clock, places: null, stop)
            .ConfigureAwait(false);
        var ledger = new LedgerKeeper(store, model, schema.Tables, observer, time);
        var format = await ChooseFormatAsync(ledger, plan, options.Format, stop).ConfigureAwait(false);
        var rule = new RewriteRule(Rotate: false, Format: null, EncryptClearAs: format) { Normalize = options.Normalize };
        var decision = new KeyDecision(custody.Exists ? KeyAction.Keep : KeyAction.Create, custody.Exists ? custody.Keyset.Primary.Id : 0);
        var report = new RotationReport
        {
            Plan = plan,
            Key = decision,
            PrimaryKeyId = decision.KeyId,
            Normalizes = rule.Normalize,
            Missing = schema.Missing,
        };
        var hasWork = !custody.Exists || rule.Remaining(plan) > 0;
        var wouldWrite = hasWork || await ledger.NeedsRecordAsync(custody.Keyset, format, stop).ConfigureAwait(false);
        if (options.DryRun)
            return (report with { WouldWrite = wouldWrite, Durations = clock.End() }, format);

        clock.Begin(RotationPhase.Key);
        var change = new KeyChange(store, custody, options, observer, time);
        if (wouldWrite)
            await change.RequireNoSessionsAsync(stop).ConfigureAwait(false);
        if (!custody.Exists)
            change.Create();
        custody.EnsureDurable();
        using var cipher = new FieldCipher(custody.Keyset, format);
        await ledger.RecordAsync(cipher, stop).ConfigureAwait(false);
        report = report with { Key = decision with { KeyId = cipher.PrimaryKeyId }, PrimaryKeyId = cipher.PrimaryKeyId };
        if (hasWork)
        {
            var settled = await new Settling(store, schema.Tables, cipher, rule, options, clock, observer, workTime)
                .RunAsync(plan.Rows, SweepScope.Shared(), stop).ConfigureAwait(false);
            report = report with { Verified = settled.Verified, RowsReplaced = settled.RowsReplaced, Healed = settled.Healed };
        }

        await schema.RequireUnchangedAsync(stop).ConfigureAwait(false);
        return (report with { Durations = clock.End() }, format);
    }

    private static async Task<StoredFormat> ChooseFormatAsync(
        LedgerKeeper ledger, Census plan, StoredFormat? asked, CancellationToken stop)
    {
        var present = await ledger.FormatAsync(plan, stop).ConfigureAwait(false);
        if (asked == StoredFormat.Legacy && present == StoredFormat.Envelope)
        {
            throw new RotationException(
                RotationFailure.Refused,
                "this database is in the envelope format; encrypting more of it in the legacy format would mix the two",
                "leave out --format, or bring all of it to the legacy format first: pmm-crypt rotate --format legacy");
        }

        return asked ?? present;
    }
}
