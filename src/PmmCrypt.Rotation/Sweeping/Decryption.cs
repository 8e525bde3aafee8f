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
    private static readonly RewriteRule Rule = new(Rotate: false, Format: null, EncryptClearAs: null) { Decrypt = true };

    public async Task<RotationReport> RunAsync(RotationOptions options, CancellationToken stop)
    {
        var clock = new PhaseClock(observer, time);
        var keyset = custody.Keyset;
        var (schema, plan) = await planning.RunAsync(keyset, options, clock, places: null, stop).ConfigureAwait(false);
        if (plan.LooksEncrypted > 0)
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"{plan.LooksEncrypted} {(plan.LooksEncrypted == 1 ? "secret looks" : "secrets look")} like a ciphertext: in the clear it would be "
                + $"taken for one whose key is lost (key {string.Join(", ", plan.SecretKeys.Keys.Order())}); nothing was changed",
                "pmm-crypt repair --old-key FILE opens it, if it is one; if not, set that value anew");
        }

        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        var ledger = new LedgerKeeper(store, model, schema.Tables, observer, time);
        var report = new RotationReport
        {
            Plan = plan,
            Key = new KeyDecision(KeyAction.Keep, cipher.PrimaryKeyId),
            PrimaryKeyId = cipher.PrimaryKeyId,
            WouldWrite = Rule.Remaining(plan) > 0 || await ledger.NeedsErasureAsync(stop).ConfigureAwait(false),
            Missing = SchemaFinder.MissingOf(schema.Tables),
        };
        if (!report.WouldWrite || options.DryRun)
            return report with { Durations = clock.End() };
        await new KeyChange(store, custody, options, observer, time).RequireNoSessionsAsync(stop).ConfigureAwait(false);
        // A run that joined a sweep would go on to encrypt.
        await store.ExcludeSweepsAsync([.. keyset.Keys.Select(key => key.Id)], options.LockTimeout, stop).ConfigureAwait(false);
        if (Rule.Remaining(plan) > 0)
        {
            var settling = new Settling(store, schema.Tables, cipher, Rule, options, clock, observer, workTime);
            var settled = await settling.RunAsync(plan.Rows, SweepScope.NotDone(null), stop).ConfigureAwait(false);
            report = report with { Verified = settled.Verified, RowsReplaced = settled.RowsReplaced };
        }

        await ledger.EraseAsync(stop).ConfigureAwait(false);
        await schema.RequireUnchangedAsync(stop).ConfigureAwait(false);
        return report with { Durations = clock.End() };
    }
}
