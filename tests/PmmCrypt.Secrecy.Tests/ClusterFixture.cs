using PmmCrypt.Tool.Tests;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>A cluster that the tests of a class share, and what was run on it.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    private readonly HashSet<(string Verb, int ExitCode)> _runs = [];
    private TalkativeCluster? _cluster;
    private int _scenarios;

    public async Task<TalkativeCluster> ClusterAsync() => _cluster ??= await TalkativeCluster.StartAsync();

    public void Note(IEnumerable<(string Verb, int ExitCode)> runs)
    {
        _runs.UnionWith(runs);
        _scenarios++;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Where all scenarios were run, they must have had every verb and every exit code that DESIGN has but for bugs.</summary>
    public async Task DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_scenarios < Scenarios.All.Count) return;
        Assert.Empty(Verbs.All.Keys.Except(_runs.Select(run => run.Verb)));
        Assert.Empty(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 128 + 9 }.Except(_runs.Select(run => run.ExitCode)));
    }
}
