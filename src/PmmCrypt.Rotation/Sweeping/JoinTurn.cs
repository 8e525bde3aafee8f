using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>
/// What a run does that is to share a sweep: it leads where nobody does, and joins where a sweep under its key file's primary is under way.
/// While another run plans, or makes the key, there is nothing to join yet, and it waits.
/// </summary>
internal sealed class JoinTurn(
    IRotationStore store, KeyFileLocation keyFile, RotationOptions options, IRotationObserver observer, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Takes the rotation lock, or a share in a sweep and the keys to go with it. The caller disposes both.
    /// </summary>
    /// <exception cref="StoreLockedException">What is no run of this tool holds the lock for longer than it is waited for.</exception>
    public async Task<(IAsyncDisposable Held, KeyCustody? Joined)> TakeAsync(CancellationToken stop)
    {
        var since = time.GetTimestamp();
        var isTold = false;
        while (true)
        {
            try
            {
                return (await store.LockAsync(TimeSpan.Zero, stop).ConfigureAwait(false), null);
            }
            catch (StoreLockedException e)
            {
                if (await JoinAsync(stop).ConfigureAwait(false) is var (share, keys))
                    return (share, keys);
                if (!e.IsHeldByRotation && time.GetElapsedTime(since) >= options.LockTimeout)
                    throw;
                if (!isTold)
                    observer.Note($"{e.Message}; waiting until there is a sweep to join");
                isTold = true;
            }

            await Task.Delay(Pause, time, stop).ConfigureAwait(false);
        }
    }

    /// <summary>What a run that has joined says where the key file is no longer the one that it swept under.</summary>
    public static RotationException KeyFileChanged(KeyFileLocation keyFile) => new(
        RotationFailure.WorkRemains,
        $"{keyFile.Path} changed while this run shared a sweep under what it held before",
        "run the same command again: it goes by the file as it is now");

    private async Task<(IAsyncDisposable Share, KeyCustody Keys)?> JoinAsync(CancellationToken stop)
    {
        if (PrimaryOnDisk(keyFile) is not { } primary || await store.JoinSweepAsync(primary, stop).ConfigureAwait(false) is not { } share)
            return null;
        try
        {
            // From now on the primary stays what it is; before, it may have been replaced.
            var keys = KeyCustody.OpenToRead(keyFile, observer, mayBeMissing: false);
            if (keys.Keyset.Primary.Id == primary)
                return (share, keys);
            keys.Dispose();
        }
        catch
        {
            await share.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await share.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>The primary of the key file; null where there is none yet: the run that leads says what is to be said of that.</summary>
    public static uint? PrimaryOnDisk(KeyFileLocation keyFile)
    {
        try
        {
            using var file = KeyFile.Load(keyFile.Path);
            return file.Keyset.Primary.Id;
        }
        catch (KeyFileException e) when (e.Kind == KeyFileProblem.Missing)
        {
            return null;
        }
    }
}
