using PmmCrypt.Fields;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Retirement;

/// <summary>
/// Disables and destroys keys that no stored value needs. The tables are fenced while every layer of every value is counted, and the key
/// file is replaced before the fence falls: a writer, or a prepared transaction, cannot bring back an old value behind the count.
/// </summary>
internal sealed class KeyRetirement(
    IRotationStore store, IReadOnlyList<TableLayout> tables, KeyCustody custody, RotationOptions options, IRotationObserver observer,
    TimeProvider time)
{
    /// <summary>Retires every key that nothing refers to.</summary>
    public Task<RetirementReport> PruneAsync(CancellationToken stop) => RetireAsync(
        census =>
        {
            var now = time.GetUtcNow();
            var rule = RetirementRule.ForPrune(custody.Keyset, census, custody.Notes, options.Retain, now);
            var archive = rule.Destroy.Count > 0 ? custody.WriteArchive(now) : null;
            // a date without a disabled key means nothing; the other way round a key is kept longer
            custody.NoteRetired(rule.Retired);
            if (rule.HasWork)
            {
                custody.Edit(manager =>
                {
                    foreach (var id in rule.Disable)
                        manager.Disable(id);
                    foreach (var id in rule.Destroy)
                        manager.Destroy(id);
                });
            }

            return new RetirementReport(rule.Disable, rule.Destroy, rule.Kept, archive);
        },
        stop);

    /// <summary>Disables or destroys one key, if nothing refers to it.</summary>
    public Task<RetirementReport> RetireAsync(uint keyId, bool destroy, CancellationToken stop) => RetireAsync(
        census =>
        {
            if (census.References.TryGetValue(keyId, out var references))
            {
                throw new RotationException(
                    RotationFailure.Refused,
                    $"key {keyId} is in use: {references} {(references == 1 ? "layer" : "layers")} of stored values are under it",
                    "rotate first, and verify; then retire the key");
            }

            var archive = destroy ? custody.WriteArchive(time.GetUtcNow()) : null;
            custody.Edit(manager =>
            {
                if (destroy)
                    manager.Destroy(keyId);
                else
                    manager.Disable(keyId);
            });
            return new RetirementReport(destroy ? [] : [keyId], destroy ? [keyId] : [], [], archive);
        },
        stop);

    private async Task<RetirementReport> RetireAsync(Func<Census, RetirementReport> retire, CancellationToken stop)
    {
        observer.Phase(RotationPhase.Prune);
        var fence = await store.FenceAsync(tables, options.LockTimeout, stop).ConfigureAwait(false);
        await using (fence.ConfigureAwait(false))
        {
            observer.Reached(RotationSteps.Fenced);
            using var cipher = new FieldCipher(custody.Keyset, StoredFormat.Legacy);
            var census = await CensusTaker.TakeAsync(fence.ReadAsync(options.PageSize, stop), tables, cipher, observer, null, stop)
                .ConfigureAwait(false);
            Findings.RequireReadable(census, "a key that one of them may need is never retired");
            await fence.ProveAsync(stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();

            var before = custody.Snapshot();
            var report = retire(census);
            observer.Reached(RotationSteps.KeysRetired);
            try
            {
                await fence.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
                return report;
            }
            catch (StoreException e)
            {
                // The fence may have fallen before the file was replaced: what it kept out may be in.
                custody.Restore(before);
                throw new StoreException($"{e.Message}; the keys were put back as they were", e.Hint ?? "run the same command again", e);
            }
            finally
            {
                before.Dispose();
            }
        }
    }
}
