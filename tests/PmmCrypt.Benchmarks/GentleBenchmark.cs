using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Benchmarks;

/// <summary>
/// Measures what users of a live server notice of a rotation: each transaction of a pgbench, alone and beside the whole of a rotation,
/// from the start of its process to its end. Every way in turn, and repeatedly: a noisy machine is as noisy for each.
/// </summary>
internal sealed class GentleBenchmark(
    string programs, int rows, int rounds, ServerLoad load, TimeSpan alone, IReadOnlyList<string> throttles, string tool)
{
    private const string Unthrottled = "no throttle";

    public async Task<GentleReport> RunAsync(CancellationToken cancellation)
    {
        using var folder = new TempFolder();
        Say("Starting PostgreSQL");
        await using var cluster = await PrivateCluster.StartAsync(programs, durable: true);
        Say($"Seeding {rows} agents");
        await using var pmm = await PmmDatabase.CreateAsync(cluster.Server, new PmmSeed { Rows = rows }, cancellation);
        await using var live = await cluster.Server.CreateDatabaseAsync();
        await load.PrepareAsync(live);
        var target = new RotationTarget(pmm.Database.PlainConnectionString, folder["pmm-encryption.key"]);
        Say("Encrypting them");
        await new CommandRotation(tool, []).PrepareAsync(target, cancellation);
        await pmm.Database.ExecuteAsync("VACUUM (FULL, ANALYZE) agents");
        var measured = new List<IReadOnlyList<GentleMeasurement>>();
        for (var round = 1; round <= rounds; round++)
        {
            var ways = new List<GentleMeasurement>();
            foreach (var way in new[] { GentleReport.Alone, Unthrottled }.Concat(throttles.Select(throttle => $"--throttle {throttle}")))
            {
                await pmm.Database.ExecuteAsync("VACUUM agents");
                await live.ExecuteAsync("VACUUM");
                await live.ExecuteAsync("CHECKPOINT");
                ways.Add(await MeasureAsync(way, live, target, cancellation));
                Say($"Round {round} of {rounds}: {ways[^1]}");
            }
            measured.Add(ways);
        }
        return new GentleReport(rows, load.Description, (await pmm.Database.ScalarAsync<string>("SHOW server_version"))!, measured);
    }

    private async Task<GentleMeasurement> MeasureAsync(
        string way, PostgresDatabase live, RotationTarget target, CancellationToken cancellation)
    {
        using var running = load.Start(live);
        await RunningLoad.WarmUpAsync(cancellation);
        var from = DateTimeOffset.UtcNow;
        if (way == GentleReport.Alone)
            await Task.Delay(alone, cancellation);
        else
            // Another database is not the one whose sessions must have loaded the key.
            await new CommandRotation(tool, way == Unthrottled ? [] : way.Split(' ')).RotateAsync(target, cancellation);
        var to = DateTimeOffset.UtcNow;
        return GentleMeasurement.Of(way, to - from, await running.LatenciesAsync(from, to, cancellation));
    }

    private static void Say(string what) => Console.Error.WriteLine(what);
}
