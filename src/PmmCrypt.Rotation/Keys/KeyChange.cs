using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Keys;

/// <summary>
/// Brings a new primary key into the file. A key that services have not loaded is added as waiting, and promoted only where no service was
/// seen before and after; a run that is refused in between takes it back.
/// </summary>
internal sealed class KeyChange(IRotationStore store, KeyCustody custody, RotationOptions options, IRotationObserver observer,
    TimeProvider time)
{
    private const string BackUp = "Back up the key file: without it, what is encrypted cannot be read";

    /// <summary>Does what was decided.</summary>
    public async Task MakeAsync(KeyDecision decision, CancellationToken stop)
    {
        // Who joined a sweep under the primary of now would go on to bring values under it.
        if (decision.Action is KeyAction.Add or KeyAction.Resume or KeyAction.Promote)
            await store.ExcludeSweepsAsync([custody.Keyset.Primary.Id], options.LockTimeout, stop).ConfigureAwait(false);
        if (decision.Action == KeyAction.Add)
            await RequireNoSessionsAsync(stop).ConfigureAwait(false);
        switch (decision.Action)
        {
            case KeyAction.Promote:
                custody.Promote(decision.KeyId);
                observer.Note($"promoted key {decision.KeyId}, which was waiting");
                break;
            case KeyAction.Resume:
            case KeyAction.Add:
                await AddAndPromoteAsync(decision, stop).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>Makes the key file.</summary>
    public void Create()
    {
        custody.Create();
        observer.Note($"made a key: {custody.Keyset.Primary.Id}. {BackUp}");
    }

    private async Task AddAndPromoteAsync(KeyDecision decision, CancellationToken stop)
    {
        var id = decision.Action == KeyAction.Resume ? decision.KeyId : custody.Add();
        try
        {
            await RequireNoSessionsAsync(stop).ConfigureAwait(false);
            custody.Promote(id);
            observer.Note($"added key {id} and made it the primary. {BackUp}");
        }
        catch
        {
            // Or the next run would find it waiting, and take it for one that services have loaded.
            if (custody.Keyset.Primary.Id != id)
                TakeBack(id);
            throw;
        }
    }

    /// <summary>Where it cannot be taken back, what went wrong first is what is told: the notes beside the file still say whose it is.</summary>
    private void TakeBack(uint id)
    {
        try
        {
            custody.TakeBack(id);
        }
        catch (KeyFileException e)
        {
            observer.Warn($"key {id}, which was to be added, could not be taken back: {e.Message}");
        }
    }

    /// <summary>
    /// Refuses where other sessions are connected: what is written under a new key, a service that does not know it takes for the secret.
    /// </summary>
    public async Task RequireNoSessionsAsync(CancellationToken stop)
    {
        if (options.Online)
            return;
        var sessions = await store.SessionsAsync(stop).ConfigureAwait(false);
        if (sessions.Count > 0)
        {
            // One that has just said goodbye is gone a moment later.
            await Task.Delay(TimeSpan.FromMilliseconds(500), time, stop).ConfigureAwait(false);
            sessions = await store.SessionsAsync(stop).ConfigureAwait(false);
        }

        if (sessions.Count == 0)
            return;
        throw new RotationException(
            RotationFailure.Refused,
            $"{sessions.Count} other {(sessions.Count == 1 ? "session is" : "sessions are")} connected to {store.DisplayName}, "
            + "and may be a service that does not know a new key: "
            + $"{string.Join("; ", sessions.Take(10).Select(session => session.Description))}",
            "stop the services; or add a key first (pmm-crypt key add), let every service load the key file, and rotate; "
            + "or, where no session reads encrypted values, --online");
    }
}
