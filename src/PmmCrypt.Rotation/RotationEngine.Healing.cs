using PmmCrypt.Rotation.Healing;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Losses;

namespace PmmCrypt.Rotation;

// What no rotation needs: values under keys that the key file does not have.
public sealed partial class RotationEngine
{
    /// <summary>
    /// Opens what the key file alone does not, with the keys of other files, and brings every value that opens under the primary key, in one
    /// layer. No key is added, and none is taken into the key file. What no key opens stays as it is, and is reported.
    /// </summary>
    /// <param name="oldKeyFiles">Other key files; those that <see cref="KeyFileLocation.Others"/> names are used too, where they are.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Stops it, after the page that is under way.</param>
    public async Task<RepairReport> RepairAsync(IReadOnlyList<string> oldKeyFiles, RotationOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Throttle != Throttle.None)
            return await GentlyAsync(options, (engine, same) => engine.RepairAsync(oldKeyFiles, same, stop), stop).ConfigureAwait(false);
        var heldLock = await store.LockAsync(options.LockTimeout, stop).ConfigureAwait(false);
        await using var ownedLock = heldLock.ConfigureAwait(false);
        using var custody = OpenKeyFile(options, mayBeMissing: false, stop);
        Begin();
        return await new Repair(store, model, Plan, keyFile, custody, _observer, time, WorkTime ?? time).RunAsync(oldKeyFiles, options, stop)
            .ConfigureAwait(false);
    }

    /// <summary>Tries the key files of a folder on every value, whatever the key file is, and writes nothing.</summary>
    /// <exception cref="RotationException">Nothing of the model is in the database, or no key file in the folder.</exception>
    public Task<KeySearch> FindKeysAsync(string folder, RotationOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        return KeySearch.RunAsync(store, Schema, folder, options.PageSize, _observer, stop);
    }

    /// <summary>
    /// Puts values back that were moved into a backup file because their keys were lost, where a key opens them by now: into fields that are
    /// still as the loss left them, under the primary key. The file stays.
    /// </summary>
    /// <param name="path">The file: one that this engine wrote, or PMM.</param>
    /// <param name="oldKeyFiles">Other key files; those that <see cref="KeyFileLocation.Others"/> names are used too, where they are.</param>
    /// <param name="options">How.</param>
    /// <param name="stop">Stops it, after the page that is under way.</param>
    /// <exception cref="RotationException">The file is none, or rows are held by others for too long.</exception>
    public async Task<RestorationReport> RestoreAsync(
        string path, IReadOnlyList<string> oldKeyFiles, RotationOptions options, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Throttle != Throttle.None)
        {
            return await GentlyAsync(options, (engine, same) => engine.RestoreAsync(path, oldKeyFiles, same, stop), stop)
                .ConfigureAwait(false);
        }

        var file = LossFile.Read(path, model);
        var heldLock = await store.LockAsync(options.LockTimeout, stop).ConfigureAwait(false);
        await using var ownedLock = heldLock.ConfigureAwait(false);
        using var custody = OpenKeyFile(options, mayBeMissing: false, stop);
        Begin();
        return await new Restoration(store, model, Plan, keyFile, custody, _observer, time, WorkTime ?? time)
            .RunAsync(file, oldKeyFiles, options, stop).ConfigureAwait(false);
    }
}
