using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Kill.Tests;

/// <summary>The installed tool is killed while it is PMM's: called <c>pmm-encryption-rotation</c>, with PMM stopped meanwhile.</summary>
[Collection(KillGroup.Name), Trait("Category", "Slow")]
public sealed class PmmNameKillTests(PackedTool tool)
{
    private static readonly Scenario Rotation = new(Backend.PostgreSql, PmmStorage.Legacy, "rotate", Start.UnderOneKey);

    [SkippableFact]
    public async Task Killed_at_any_step_every_value_opens_and_the_next_run_finishes_and_starts_PMM()
    {
        await using var start = await StartingPoint.CreateAsync(Rotation);
        await using var ready = ReadyEndpoint.Start();
        IReadOnlyList<KillPoint> points;
        await using (var site = await start.CopyAsync())
        {
            using var folder = new TempFolder();
            using var run = Run(site, folder, ready);
            (await run.EndAsync()).EnsureSuccess();
            points = KillPoint.Of(run.Steps);
            await RequireFinishedAsync(start, site, folder);
        }

        // The key is added, promoted, and left where PMM leaves it; and pages are on their way.
        string[] expected = ["backup-written", "key-noted", "key-renamed", "key-folder-synced", "page-sent", "page-updated", "page-committed"];
        Assert.Empty(expected.Except(points.Select(point => point.Step)));
        foreach (var point in points)
            await KillAtAsync(start, ready, point);
    }

    private async Task KillAtAsync(StartingPoint start, ReadyEndpoint ready, KillPoint point)
    {
        await using var site = await start.CopyAsync();
        using var folder = new TempFolder();
        using (var run = Run(site, folder, ready, point)) await run.KillAsync();

        var aftermath = await Aftermath.ReadAsync(Rotation, site);
        aftermath.RequireKilledOf(start.Keys);
        using var next = Run(site, folder, ready);
        var result = await next.EndAsync();
        Assert.True(result.ExitCode == 0, $"killed at {point}, the next run ended with {result.ExitCode}: {result.Error}");

        Assert.Equal(aftermath.KeysAfterNextRun(start.Keys), site.Keys!.Keys.Count);
        await RequireFinishedAsync(start, site, folder);
    }

    private static async Task RequireFinishedAsync(StartingPoint start, Site site, TempFolder folder)
    {
        (await site.CheckAsync(site.Keys!.OpenPrimary, Rotation.Storage)).EnsureAsSeeded();
        Assert.Equal("RUNNING", SupervisorStub.State(folder.Path));
        Assert.Contains(start.Keys!.Primary, HandKeyset.Load(site["pmm_old.key"]).Keys.Select(key => key.Id));
        Assert.Contains(start.Keys.Primary, site.Keys.Keys.Select(key => key.Id));
    }

    private HeldRun Run(Site site, TempFolder folder, ReadyEndpoint ready, KillPoint? hold = null)
    {
        var program = folder["pmm-encryption-rotation"];
        if (!File.Exists(program))
        {
            File.CreateSymbolicLink(program, tool.Program);
            SupervisorStub.PutInto(folder.Path);
        }

        var database = new NpgsqlConnectionStringBuilder(site.Database.PlainConnectionString);
        var trace = folder[$"trace-{Guid.NewGuid():N}"];
        return HeldRun.Start(
            tool, program,
            [
                "--postgres-addr", $"{database.Host}:{database.Port}", "--postgres-name", site.Database.Name,
                "--postgres-username", database.Username!, "--ready-url", ready.Url,
            ],
            new Dictionary<string, string?>
            {
                ["PATH"] = SupervisorStub.SearchPath(folder.Path),
                ["PMM_ENCRYPTION_KEY_PATH"] = site.KeyFile,
            },
            trace, hold);
    }
}
