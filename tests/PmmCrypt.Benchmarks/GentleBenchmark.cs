using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Benchmarks;

/// <summary>
/// Measures what users of a live server notice of a rotation: each transaction of a pgbench beside the whole of a rotation, from the start
/// of its process to its end, and alone.
/// </summary>
/// <remarks>
/// What else a machine does changes from minute to minute, and may be more than what is measured. So the rotation's process is made to
/// stand still every other few seconds: pgbench is alone then, on the same machine at almost the same time.
/// </remarks>
internal sealed class GentleBenchmark(
    string programs, int rows, int rounds, ServerLoad load, TimeSpan period, IReadOnlyList<string> throttles, string tool)
{
    private const string Unthrottled = "no throttle";

    private static readonly TimeSpan Timeout = TimeSpan.FromHours(2);

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
            foreach (var way in throttles.Select(throttle => $"--throttle {throttle}").Prepend(Unthrottled))
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
        var (beside, alone) = (new List<Period>(), new List<Period>());
        using var rotation = new CommandRotation(tool, way == Unthrottled ? [] : way.Split(' ')).Start(target);
        var end = rotation.WaitAsync(Timeout, cancellation);
        while (!end.IsCompleted)
        {
            beside.Add(await DuringAsync(Task.WhenAny(end, Task.Delay(period, cancellation))));
            if (!end.IsCompleted) rotation.Suspend();
            alone.Add(await DuringAsync(Task.Delay(period, cancellation)));
            if (!end.IsCompleted) rotation.Resume();
        }
        (await end).EnsureSuccess();
        return GentleMeasurement.Of(
            way, beside.Sum(period => period.Took.TotalSeconds),
            await running.LatenciesAsync(beside, cancellation), await running.LatenciesAsync(alone, cancellation));
    }

    private static async Task<Period> DuringAsync(Task what)
    {
        var from = DateTimeOffset.UtcNow;
        await what;
        return new Period(from, DateTimeOffset.UtcNow);
    }

    private static void Say(string what) => Console.Error.WriteLine(what);
}
