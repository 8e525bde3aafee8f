using PmmCrypt.Pmm;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Retirement;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Tool.Databases;
using PmmCrypt.Tool.Services;

namespace PmmCrypt.Tool.Compatibility;

/// <summary>
/// What PMM's own tool does, done by this one's engine: PMM Server is stopped, the key rotated, and PMM Server started, also where the
/// rotation failed. It is stopped only once a rehearsal has opened every value, and the key is touched only once it has stopped.
/// </summary>
internal sealed class PmmRotation(DatabaseLocation database, KeyFileLocation keyFile, IService service, PmmObserver observer, PmmLog log)
{
    /// <summary>
    /// Not by other sessions is it known whether PMM runs, but by its manager: exporters and pmm-agent look at this database too, and go
    /// on.
    /// </summary>
    private readonly RotationOptions _options = new() { Online = true, PreviousPath = KeyFilePaths.Previous(keyFile.Path) };

    /// <summary>Rotates, and retires the keys that are of no use where that was asked for.</summary>
    /// <exception cref="PmmFailure">A part of it failed.</exception>
    /// <exception cref="ServiceException">PMM Server did not stop, or does not start again.</exception>
    public async Task RunAsync(bool prune)
    {
        await RehearseAsync().ConfigureAwait(false);
        await new StoppedService(service, log.Info, log.Error).WhileStoppedAsync(() => RotateAsync(prune)).ConfigureAwait(false);
    }

    /// <summary>Opens every value, while PMM runs: what would make the rotation fail is better known before it is stopped.</summary>
    private async Task RehearseAsync()
    {
        var store = await TryAsync(PmmExitCode.NotOpened, () => database.OpenAsync(CancellationToken.None)).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
        {
            await TryAsync(
                PmmExitCode.NotRotated,
                () => Engine(store).RotateAsync(_options with { DryRun = true }, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    /// <summary>The database's lock, for which PMM waits at its start, is released when this returns or throws.</summary>
    private async Task<bool> RotateAsync(bool prune)
    {
        var store = await TryAsync(PmmExitCode.NotRotated, () => database.OpenAsync(CancellationToken.None)).ConfigureAwait(false);
        await using var opened = store.ConfigureAwait(false);
        await TryAsync(PmmExitCode.NotRotated, () => Engine(store).RotateAsync(_options, CancellationToken.None)).ConfigureAwait(false);
        observer.Done();
        if (!prune)
            return true;
        var report = await TryAsync(
            PmmExitCode.NotPruned,
            () => Engine(store).RotateAsync(_options with { Prune = true }, CancellationToken.None)).ConfigureAwait(false);
        Tell(report.Retirement);
        return true;
    }

    private void Tell(RetirementReport? retirement)
    {
        if (retirement is null)
            return;
        foreach (var id in retirement.Disabled)
            log.Info($"Disabled retired encryption key {id}; a prune in {_options.Retain.TotalDays:0} days destroys it");
        foreach (var id in retirement.Destroyed)
            log.Info($"Removed retired encryption key {id} from the keyset");
        foreach (var (id, why) in retirement.Kept)
            log.Info($"Kept encryption key {id}: {why}");
    }

    private RotationEngine Engine(IRotationStore store) => ToolRun.Engine(store, PmmModel.Instance, keyFile, observer);

    private static async Task<T> TryAsync<T>(int exitCode, Func<Task<T>> part)
    {
        try
        {
            return await part().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw new PmmFailure(exitCode, e);
        }
    }
}
