using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Kill.Tests;

/// <summary><c>restore</c>, killed at each of its steps: nothing is lost, and the same command puts the rest back.</summary>
[Collection(KillGroup.Name), Trait("Category", "Slow")]
public sealed class RestoreKillTests(PackedTool tool)
{
    [Fact]
    public Task On_SQLite() => KillEverywhereAsync(Backend.Sqlite);

    [SkippableFact]
    public Task On_PostgreSQL() => KillEverywhereAsync(Backend.PostgreSql);

    private async Task KillEverywhereAsync(Backend backend)
    {
        var loss = new Scenario(backend, PmmStorage.Envelope, $"rotate --accept-key-loss {StartingPoint.LostKey}", Start.WithLostKey);
        await using var start = await StartingPoint.CreateAsync(loss);
        // Once: what moves the values leaves the rows at places of its own each time, and the runs are to take the same steps.
        await using var lost = await LostAsync(start, loss);
        IReadOnlyList<KillPoint> points;
        await using (var site = await lost.CopyAsync())
        {
            using var steps = new TempFolder();
            using var run = HeldRun.Start(tool, Restore(site), steps["trace"]);
            (await run.EndAsync()).EnsureSuccess();
            points = KillPoint.Of(run.Steps);
            (await site.CheckAsync(site.Keys!.OpenPrimary, loss.Storage)).EnsureAsSeeded();
        }

        Assert.Contains(points, point => point is { Step: "page-updated", Occurrence: > 1 });
        foreach (var point in points)
        {
            await using var site = await lost.CopyAsync();
            using var steps = new TempFolder();
            using (var run = HeldRun.Start(tool, Restore(site), steps["trace"], point)) await run.KillAsync();
            LossCheck.RequireNoneLost(site, loss, await site.CheckAsync(site.Keys!.OpenPrimary, loss.Storage));

            (await tool.RunAsync(Restore(site))).EnsureSuccess();
            (await site.CheckAsync(site.Keys!.OpenPrimary, loss.Storage)).EnsureAsSeeded();
        }
    }

    /// <summary>The values are in the file, and the key is found.</summary>
    private async Task<Site> LostAsync(StartingPoint start, Scenario loss)
    {
        var site = await start.CopyAsync();
        (await tool.RunAsync([.. loss.Arguments(site.Folder), .. site.Where])).EnsureSuccess();
        StartingPoint.Lost.Save(site["found.key"]);
        return site;
    }

    private static string[] Restore(Site site) =>
    [
        "restore", site[site.Files().Single(LossCheck.IsBackup)], "--old-key", site["found.key"], "--batch-size", "15", .. site.Where,
    ];
}
