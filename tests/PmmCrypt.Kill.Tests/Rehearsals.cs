using System.Collections.Concurrent;

namespace PmmCrypt.Kill.Tests;

/// <summary>Each scenario's run that is not killed: made when a test first asks for it, and kept for the others.</summary>
public sealed class Rehearsals : IAsyncLifetime
{
    private readonly ConcurrentDictionary<Scenario, Lazy<Task<Rehearsal>>> _all = new();

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (var rehearsal in _all.Values)
        {
            if (rehearsal.Value.IsCompletedSuccessfully) await (await rehearsal.Value).DisposeAsync();
        }
    }

    internal Task<Rehearsal> OfAsync(PackedTool tool, Scenario scenario) =>
        _all.GetOrAdd(scenario, _ => new(() => Rehearsal.RunAsync(tool, scenario))).Value;
}
