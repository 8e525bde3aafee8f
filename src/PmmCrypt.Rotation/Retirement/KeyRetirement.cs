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
        var strays = await store.FindStraysAsync(schema.Tables, [.. candidates.Select(key => key.Id)], inJsonOfTables: true, stop)
            .ConfigureAwait(false);
        var lagging = await store.LaggingReplicasAsync(options.LockTimeout, stop).ConfigureAwait(false);
        return await RetireAsync(
            async (fence, census) =>
            {
                var rule = RetirementRule.ForPrune(custody.Keyset, census, custody.Notes, options.Retain, time.GetUtcNow());
                if (rule.HasWork)
                {
                    RequireNoStrays(strays, rule);
                    // Again where they had caught up: a service may have replaced an old value since, that a replica still holds.
                    RequireReplayed(
                        lagging.Count > 0 ? lagging : await store.LaggingReplicasAsync(options.LockTimeout, stop).ConfigureAwait(false));
                }

                await ProveAsync(fence, stop).ConfigureAwait(false);
                return Prune(rule);
            },
            stop).ConfigureAwait(false);
    }

    /// <summary>Disables or destroys one key, if nothing refers to it.</summary>
    public async Task<RetirementReport> RetireAsync(uint keyId, bool destroy, CancellationToken stop)
    {
        observer.Phase(RotationPhase.Prune);
        await store.ExcludeSweepsAsync([keyId], options.LockTimeout, stop).ConfigureAwait(false);
        var strays = await store.FindStraysAsync(schema.Tables, [keyId], inJsonOfTables: true, stop).ConfigureAwait(false);
        foreach (var place in strays.NotSearched)
            observer.Warn($"not searched for values under older keys: {place}");
        foreach (var stray in strays.Found)
            observer.Warn($"what looks like ciphertext under key {keyId} is outside the model, and will not open without it: {stray}");
        foreach (var replica in await store.LaggingReplicasAsync(options.LockTimeout, stop).ConfigureAwait(false))
            observer.Warn($"{replica}: it may hold values that need key {keyId}");
        return await RetireAsync(
            async (fence, census) =>
            {
                RequireUnused(keyId, census);
                await ProveAsync(fence, stop).ConfigureAwait(false);
                return Retire(keyId, destroy);
            },
            stop).ConfigureAwait(false);
    }

    private RetirementReport Prune(RetirementRule rule)
    {
        var archive = rule.Destroy.Count > 0 ? custody.WriteArchive(time.GetUtcNow()) : null;
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

    private static void RequireUnused(uint keyId, Census census)
    {
        if (census.References.TryGetValue(keyId, out var references))
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"key {keyId} is in use: {references} {(references == 1 ? "layer" : "layers")} of stored values are under it",
                "rotate first, and verify; then retire the key");
        }
    }

    private RetirementReport Retire(uint keyId, bool destroy)
    {
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

    private static void RequireNoStrays(StrayReferences strays, RetirementRule rule)
    {
        var found = strays.Found.Where(stray => rule.Disable.Contains(stray.KeyId) || rule.Destroy.Contains(stray.KeyId)).ToArray();
        if (found.Length > 0)
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"no key was retired: what looks like ciphertext under older keys is outside the model, in {Some(found)}",
                "bring these values under the primary key by the service that wrote them, or delete them; "
                + "where nothing will ever read them, key disable and key destroy retire a key all the same");
        }

        if (strays.NotSearched.Count > 0)
        {
            throw new RotationException(
                RotationFailure.Refused,
                "no key was retired: not all that is outside the model could be searched for values under older keys: "
                + Some(strays.NotSearched),
                "run this as a role that may read it all (GRANT SELECT; for row security, BYPASSRLS or the owner); "
                + "where none of it can hold such a value, key disable and key destroy retire a key all the same");
        }
    }

    private static string Some<T>(IReadOnlyCollection<T> places) =>
        string.Join(", ", places.Take(PlacesNamed)) + (places.Count > PlacesNamed ? $", and {places.Count - PlacesNamed} more" : "");

    private static void RequireReplayed(IReadOnlyList<string> lagging)
    {
        if (lagging.Count == 0)
            return;
        throw new RotationException(
            RotationFailure.Refused,
            $"no key was retired: a replica has not replayed the last page, and may hold values under older keys: {string.Join("; ", lagging)}",
            "let it catch up (or drop a slot that nobody will read again), and run the same command again");
    }

    /// <summary>The last question before a key goes.</summary>
    private static async Task ProveAsync(IStoreFence fence, CancellationToken stop)
    {
        await fence.ProveAsync(stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
    }

    /// <param name="retire">Looks at what was counted, proves that the fence still stands, and retires.</param>
    /// <param name="stop">Stops it before a key is retired.</param>
    private async Task<RetirementReport> RetireAsync(Func<IStoreFence, Census, Task<RetirementReport>> retire, CancellationToken stop)
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

            using var before = custody.Snapshot();
            var report = await retire(fence, census).ConfigureAwait(false);
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
