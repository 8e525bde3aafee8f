using PmmCrypt.Fields;
using PmmCrypt.Rotation.Counting;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Retirement;

/// <summary>
/// Disables and destroys keys that no stored value needs. The tables are fenced while every layer of every value is counted, and the key
/// file is replaced before the fence falls: a writer, or a prepared transaction, cannot bring back an old value behind the count.
/// </summary>
/// <remarks>
/// What the count cannot see is looked at before: values outside the model, and replicas that have not replayed the last page. A prune
/// refuses because of them. The verbs that retire one key by name are the operator's own decision, and warn.
/// </remarks>
internal sealed class KeyRetirement(
    IRotationStore store, SchemaWatch schema, KeyCustody custody, RotationOptions options, IRotationObserver observer, TimeProvider time)
{
    private const int PlacesNamed = 20;

    /// <summary>Retires every key that nothing refers to.</summary>
    public async Task<RetirementReport> PruneAsync(CancellationToken stop)
    {
        // Who joined a sweep under an older key must be gone before that key is counted, and not come back until it is retired.
        var others = custody.Keyset.Keys.Where(key => key != custody.Keyset.Primary).ToArray();
        await store.ExcludeSweepsAsync([.. others.Select(key => key.Id)], options.LockTimeout, stop).ConfigureAwait(false);
        var candidates = others.Where(key => !custody.Keyset.Waiting.Contains(key));
        var strays = await FindStraysAsync([.. candidates.Select(key => key.Id)], stop).ConfigureAwait(false);
        var lagging = await store.LaggingReplicasAsync(options.LockTimeout, stop).ConfigureAwait(false);
        return await RetireAsync(census => Prune(census, strays, lagging), stop).ConfigureAwait(false);
    }

    /// <summary>Disables or destroys one key, if nothing refers to it.</summary>
    public async Task<RetirementReport> RetireAsync(uint keyId, bool destroy, CancellationToken stop)
    {
        observer.Phase(RotationPhase.Prune);
        await store.ExcludeSweepsAsync([keyId], options.LockTimeout, stop).ConfigureAwait(false);
        foreach (var stray in await FindStraysAsync([keyId], stop).ConfigureAwait(false))
            observer.Warn($"what looks like ciphertext under key {keyId} is outside the model, and will not open without it: {stray}");
        foreach (var replica in await store.LaggingReplicasAsync(options.LockTimeout, stop).ConfigureAwait(false))
            observer.Warn($"{replica}: it may hold values that need key {keyId}");
        return await RetireAsync(census => Retire(keyId, destroy, census), stop).ConfigureAwait(false);
    }

    private RetirementReport Prune(Census census, IReadOnlyList<StrayReference> strays, IReadOnlyList<string> lagging)
    {
        var now = time.GetUtcNow();
        var rule = RetirementRule.ForPrune(custody.Keyset, census, custody.Notes, options.Retain, now);
        if (rule.HasWork)
        {
            RequireNoStrays([.. strays.Where(stray => rule.Disable.Contains(stray.KeyId) || rule.Destroy.Contains(stray.KeyId))]);
            RequireReplayed(lagging);
        }

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
    }

    private RetirementReport Retire(uint keyId, bool destroy, Census census)
    {
        if (census.References.TryGetValue(keyId, out var references))
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"key {keyId} is in use: {references} {(references == 1 ? "layer" : "layers")} of stored values are under it",
                "rotate first, and verify; then retire the key");
        }

        var now = time.GetUtcNow();
        var archive = destroy ? custody.WriteArchive(now) : null;
        // Its time begins now, whatever was noted of it before it was enabled again.
        if (!destroy)
            custody.NoteRetired(keyId, now);
        custody.Edit(manager =>
        {
            if (destroy)
                manager.Destroy(keyId);
            else
                manager.Disable(keyId);
        });
        return new RetirementReport(destroy ? [] : [keyId], destroy ? [keyId] : [], [], archive);
    }

    private async Task<IReadOnlyList<StrayReference>> FindStraysAsync(IReadOnlyList<uint> keyIds, CancellationToken stop)
    {
        var strays = await store.FindStraysAsync(schema.Tables, keyIds, inJsonOfTables: true, stop).ConfigureAwait(false);
        if (keyIds.Count > 0)
        {
            foreach (var place in strays.NotSearched)
                observer.Warn($"not searched for values under older keys: {place}");
        }

        return strays.Found;
    }

    private static void RequireNoStrays(IReadOnlyList<StrayReference> strays)
    {
        if (strays.Count == 0)
            return;
        var more = strays.Count > PlacesNamed ? $", and {strays.Count - PlacesNamed} more" : "";
        throw new RotationException(
            RotationFailure.Refused,
            "no key was retired: what looks like ciphertext under older keys is outside the model, in "
            + $"{string.Join(", ", strays.Take(PlacesNamed))}{more}",
            "bring these values under the primary key by the service that wrote them, or delete them; "
            + "where nothing will ever read them, key disable and key destroy retire a key all the same");
    }

    private static void RequireReplayed(IReadOnlyList<string> lagging)
    {
        if (lagging.Count == 0)
            return;
        throw new RotationException(
            RotationFailure.Refused,
            $"no key was retired: a replica has not replayed the last page, and may hold values under older keys: {string.Join("; ", lagging)}",
            "let it catch up (or drop a slot that nobody will read again), and run the same command again");
    }

    private async Task<RetirementReport> RetireAsync(Func<Census, RetirementReport> retire, CancellationToken stop)
    {
        var fence = await store.FenceAsync(schema.Tables, options.LockTimeout, stop).ConfigureAwait(false);
        await using (fence.ConfigureAwait(false))
        {
            observer.Reached(RotationSteps.Fenced);
            using var cipher = new FieldCipher(custody.Keyset, StoredFormat.Legacy);
            var census = await CensusTaker.TakeAsync(
                fence.ReadAsync(options.PageSize, stop), schema.Tables, cipher, observer, null, stop).ConfigureAwait(false);
            Findings.RequireReadable(census, "a key that one of them may need is never retired");
            await schema.RequireUnchangedAsync(stop).ConfigureAwait(false);
            await fence.ProveAsync(stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();

            using var before = custody.Snapshot();
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
        }
    }
}
