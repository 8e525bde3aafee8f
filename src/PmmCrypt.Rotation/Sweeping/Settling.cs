using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>What sweeping did until nothing was left.</summary>
/// <param name="Verified">The census of the end, in which nothing was left.</param>
/// <param name="RowsReplaced">Rows that were replaced, each as often as it was.</param>
/// <param name="Healed">Values that had been under more than one layer.</param>
/// <param name="IntoClear">The fields of which a value was put into the clear.</param>
internal sealed record SettlingResult(
    Census Verified, long RowsReplaced, IReadOnlyList<string> Healed, IReadOnlyCollection<EncryptedField> IntoClear);

/// <summary>
/// Sweeps until nothing is left, and proves it: a pass over every row, further passes over what the database cannot prove done until one is
/// quiet, and a census of one moment. What that finds, because a service wrote it meanwhile or because layers do not show from outside, is
/// swept again.
/// </summary>
internal sealed class Settling(
    IRotationStore store, IReadOnlyList<TableLayout> tables, FieldCipher cipher, RewriteRule rule, RotationOptions options,
    PhaseClock clock,
    IRotationObserver observer, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <param name="rows">How many rows there are, for the progress display.</param>
    /// <param name="scope">Which rows the first pass reads.</param>
    /// <param name="stop">Stops it.</param>
    public async Task<SettlingResult> RunAsync(long? rows, SweepScope scope, CancellationToken stop)
    {
        var rewriter = new RowRewriter(cipher, rule);
        var sweep = new Sweep(store, rewriter, options.PageSize, observer);

        clock.Begin(RotationPhase.Sweep);
        var first = await sweep.RunAsync(tables, scope, rows, stop).ConfigureAwait(false);
        var replaced = first.Replaced;
        var missed = first.Missed;

        var since = time.GetTimestamp();
        var done = rule.DoneUnder(cipher.PrimaryKeyId);
        scope = SweepScope.NotDone(done);
        Census? verified = null;
        while (true)
        {
            // Where no row was missed, nobody may have written meanwhile: the census, which is due in any case, tells.
            if (missed > 0 || first.LeftParts || verified is not null)
                (replaced, missed) = await SettleAsync(sweep, scope, replaced, since, stop).ConfigureAwait(false);
            clock.Begin(RotationPhase.Verify);
            var places = new RowPlaces(rule);
            verified = await CensusTaker.TakeAsync(
                store.ReadSnapshotAsync(tables, options.PageSize, stop), tables, cipher, observer, rows, stop, places).ConfigureAwait(false);
            if (!options.SkipUnreadable)
            {
                Findings.RequireReadable(
                    verified,
                    rule.Decrypt
                        ? "the others are in the clear or on their way there"
                        : "the others are under the primary key or on their way there; no key was retired",
                    isOurs: rule.Decrypt);       // what it has opened is in the clear by now
            }

            if (rule.Remaining(verified) == 0)
                return new SettlingResult(verified, replaced, rewriter.Healed, rewriter.IntoClear);
            if (IsOver(since))
                throw WorkRemains(verified, missed);
            // A prefix does not show what lies beneath it, nor whether the format is the one that was asked for: then every row is read.
            scope = SweepScope.At(places, verified.Layered > 0 || rule.Format is not null ? null : done);
        }
    }

    /// <summary>Passes over what is left, until one finds nothing or the time is over.</summary>
    private async Task<(long Replaced, long Missed)> SettleAsync(
        Sweep sweep, SweepScope scope, long replaced, long since, CancellationToken stop)
    {
        clock.Begin(RotationPhase.Settle);
        while (true)
        {
            var pass = await sweep.RunAsync(tables, scope, null, stop).ConfigureAwait(false);
            replaced += pass.Replaced;
            if (pass.IsQuiet || IsOver(since))
                return (replaced, pass.Missed);
            await Task.Delay(Pause, time, stop).ConfigureAwait(false);
        }
    }

    private bool IsOver(long since) => time.GetElapsedTime(since) >= options.SettleTimeout;

    private RotationException WorkRemains(Census census, long missed)
    {
        var remaining = rule.Remaining(census);
        var keys = census.KeysOffPrimary;
        var what = $"{remaining} {(remaining == 1 ? "value is" : "values are")} still to be rewritten"
            + $" after {options.SettleTimeout.TotalSeconds:0} s";
        if (keys.Count > 0 && !rule.Decrypt)
            what += $": a service goes on writing with key {string.Join(", ", keys)}";
        if (missed > 0)
            what += $"; {missed} {(missed == 1 ? "row is" : "rows are")} held by another session";
        return new RotationException(
            RotationFailure.WorkRemains,
            what,
            rule.Decrypt
                ? "stop every service that encrypts, then run the same command: it goes on"
                : "let every service load the key file again (or stop it), then run the same command"
                    + $"{(options.NewKey ? " without --new-key" : "")}: it goes on, and adds no key");
    }
}
