using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Healing;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Runs over a vault that are written down: what the run says, and what it asks the store.</summary>
internal sealed class Told(Vault vault)
{
    public StoryTeller Story { get; } = new();

    public SwiftTime Time { get; } = new();

    /// <summary>Where keys are written to; null for where they are read.</summary>
    public string? Output { get; init; }

    public EncryptionModel Model { get; init; } = Vault.Model();

    /// <summary>Waits a little for a lock, and a minute of its own time for a service.</summary>
    public static RotationOptions Options { get; } = Vault.Patient with { SettleTimeout = TimeSpan.FromMinutes(1) };

    public RotationEngine Engine(IRotationStore store) => new(
        store, Model, new KeyFileLocation(vault.KeyPath, vault.OtherKeyFiles) { Output = Output }, Story, Time);

    public async Task<RotationReport> RotateAsync(
        RotationOptions? options = null, Action<WatchedStore>? watch = null, CancellationToken stop = default)
    {
        await using var store = await vault.OpenAsync();
        watch?.Invoke(store);
        return await Engine(store).RotateAsync(options ?? Options, stop);
    }

    public async Task<RotationReport> InitAsync(RotationOptions? options = null, Action<WatchedStore>? watch = null)
    {
        await using var store = await vault.OpenAsync();
        watch?.Invoke(store);
        return (await Engine(store).InitializeAsync(options ?? Options, default)).Report;
    }

    public async Task<RepairReport> RepairAsync(params string[] oldKeyFiles)
    {
        await using var store = await vault.OpenAsync();
        return await Engine(store).RepairAsync(oldKeyFiles, Options, default);
    }

    public async Task RetireAsync(uint keyId, bool destroy)
    {
        await using var store = await vault.OpenAsync();
        await Engine(store).RetireAsync(keyId, destroy, Options, default);
    }

    public async Task<Inspection> InspectAsync(Action<WatchedStore>? watch = null)
    {
        await using var store = await vault.OpenAsync();
        watch?.Invoke(store);
        return await Engine(store).InspectAsync(Options, default);
    }

    public async Task<Inspection> SurveyAsync(Action<WatchedStore>? watch = null)
    {
        await using var store = await vault.OpenAsync();
        watch?.Invoke(store);
        return await Engine(store).SurveyAsync(Options, default);
    }

    /// <summary>A run that fails so, in these words.</summary>
    public static async Task FailsAsync(RotationFailure failure, string message, string hint, Func<Task> run)
    {
        var failed = await Assert.ThrowsAsync<RotationException>(run);
        Assert.Equal((failure, message, hint), (failed.Failure, failed.Message, failed.Hint));
    }
}
