using System.Collections.Concurrent;
using PmmCrypt.Rotation;
using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Kill.Tests;

/// <summary>
/// The installed tool is killed with SIGKILL at each step at which the world outside changes. Whatever the step: every value opens with the
/// key file on the disk, nothing else of any row has changed, and the same command finishes the job without another key.
/// </summary>
[Collection(KillGroup.Name), Trait("Category", "Slow")]
public sealed class KillTests(PackedTool tool, Rehearsals rehearsals)
{
    public static TheoryData<string, Start, PmmStorage> Commands(Backend backend)
    {
        var data = new TheoryData<string, Start, PmmStorage>();
        foreach (var scenario in Scenario.On(backend)) data.Add(scenario.Name, scenario.Start, scenario.Storage);
        return data;
    }

    [Theory, MemberData(nameof(Commands), Backend.Sqlite)]
    public Task On_SQLite(string command, Start start, PmmStorage storage) =>
        KillEverywhereAsync(new Scenario(Backend.Sqlite, storage, command, start));

    [SkippableTheory, MemberData(nameof(Commands), Backend.PostgreSql)]
    public Task On_PostgreSQL(string command, Start start, PmmStorage storage) =>
        KillEverywhereAsync(new Scenario(Backend.PostgreSql, storage, command, start));

    [SkippableTheory]
    [InlineData(Backend.Sqlite)]
    [InlineData(Backend.PostgreSql)]
    public async Task No_step_is_without_a_kill(Backend backend)
    {
        var killed = new HashSet<string>();
        foreach (var scenario in Scenario.On(backend))
            killed.UnionWith((await rehearsals.OfAsync(tool, scenario)).Points.Select(point => point.Step));

        Assert.Equal(RotationSteps.All.Order(StringComparer.Ordinal), killed.Order(StringComparer.Ordinal));
    }

    private async Task KillEverywhereAsync(Scenario scenario)
    {
        var rehearsal = await rehearsals.OfAsync(tool, scenario);
        var failures = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(
            rehearsal.Points, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount) }, async (point, _) =>
            {
                try
                {
                    await rehearsal.KillAtAsync(point);
                }
#pragma warning disable CA1031 // each point's failure is reported, whatever it is
                catch (Exception e)
#pragma warning restore CA1031
                {
                    failures.Enqueue($"killed at {point}: {e.Message}");
                }
            });
        if (!failures.IsEmpty)
            Assert.Fail($"{failures.Count} of {rehearsal.Points.Count} kills went wrong:\n{string.Join('\n', failures.Order())}");
    }
}
