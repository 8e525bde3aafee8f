using PmmCrypt.Rotation;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Kill.Tests;

/// <summary>A scenario that was run once unharmed, so that it is known where it can be killed.</summary>
internal sealed class Rehearsal : IAsyncDisposable
{
    /// <summary>DESIGN's exit code for what is refused for safety.</summary>
    private const int Refused = 5;

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(1);
    private readonly PackedTool _tool;
    private readonly Scenario _scenario;
    private readonly StartingPoint _start;

    private Rehearsal(PackedTool tool, Scenario scenario, StartingPoint start) => (_tool, _scenario, _start) = (tool, scenario, start);

    /// <summary>Where to kill it.</summary>
    public IReadOnlyList<KillPoint> Points { get; private set; } = [];

    /// <summary>Runs a scenario unharmed.</summary>
    public static async Task<Rehearsal> RunAsync(PackedTool tool, Scenario scenario)
    {
        var rehearsal = new Rehearsal(tool, scenario, await StartingPoint.CreateAsync(scenario));
        await rehearsal.RunAsync();
        return rehearsal;
    }

    /// <summary>Kills a run at a point, and requires what must hold then, and that the same command finishes.</summary>
    public async Task KillAtAsync(KillPoint point)
    {
        await using var site = await _start.CopyAsync();
        using var steps = new TempFolder();
        using (var run = HeldRun.Start(_tool, Command(site), steps["trace"], point)) await run.KillAsync();

        var aftermath = await Aftermath.ReadAsync(_scenario, site);
        aftermath.RequireKilledOf(_start.Keys);

        var next = await _tool.RunAsync(Command(site));
        var expected = aftermath.IsRefusedNext ? Refused : 0;
        Assert.True(next.ExitCode == expected, $"the next run ended with {next.ExitCode}, not {expected}: {next.Error}");
        await RequireFinishedAsync(site, aftermath.KeysAfterNextRun(_start.Keys));
    }

    public ValueTask DisposeAsync() => _start.DisposeAsync();

    private string[] Command(Site site) => [.. _scenario.Arguments(site.Folder), .. site.Where];

    private async Task RunAsync()
    {
        await using var site = await _start.CopyAsync();
        using var steps = new TempFolder();
        using var run = HeldRun.Start(_tool, Command(site), steps["trace"]);
        var end = run.EndAsync();
        while (!end.IsCompleted)
        {
            // Whoever reads the file at any moment reads a whole keyset.
            _ = site.Keys;
            await Task.WhenAny(end, Task.Delay(Glance));
        }

        (await end).EnsureSuccess();
        (await _tool.RunAsync(["verify", .. site.Where])).EnsureSuccess();
        Points = KillPoint.Of(run.Steps);
        // A scenario that lost its steps would be killed nowhere, and pass.
        string[] required = _scenario.Prunes
            ? [RotationSteps.PageUpdated, RotationSteps.Fenced, RotationSteps.KeysRetired] : [RotationSteps.PageUpdated];
        Assert.All(required, step => Assert.Contains(Points, point => point.Step == step));
        Assert.Contains(Points, point => point is { Step: RotationSteps.PageUpdated, Occurrence: > 1 });
        await RequireFinishedAsync(site, new Aftermath(_scenario, _start.Keys, new HashSet<uint>()).KeysAfterNextRun(_start.Keys));
    }

    private async Task RequireFinishedAsync(Site site, int keys)
    {
        var file = site.Keys ?? throw new InvalidOperationException("There is no key file.");
        LossCheck.RequireNoneLost(site, _scenario, await site.CheckAsync(file.OpenPrimary, _scenario.End));
        Assert.Equal(keys, file.Keys.Count);
        Assert.All(file.Keys, key => Assert.Equal(!_scenario.Prunes || key.Id == file.Primary, key.IsEnabled));
        Aftermath.RequireNoKeyLost(_start.Keys, site);
        Assert.DoesNotContain(site.Files(), name => !IsExpected(name));
    }

    private bool IsExpected(string name) =>
        name is "pmm.key" or "pmm.key.lock" or "pmm.key.pmm-crypt.json"
        || (name == "before.key" && _scenario.Name.Contains(name, StringComparison.Ordinal))
        || (name.StartsWith("pmm.key.archive-", StringComparison.Ordinal) && _scenario.Prunes)
        || (LossCheck.IsBackup(name) && _scenario.IsLossy);
}
