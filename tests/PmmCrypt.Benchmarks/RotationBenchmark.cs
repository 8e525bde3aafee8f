using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;

namespace PmmCrypt.Benchmarks;

/// <summary>
/// Measures on a private cluster that waits for the disk. Everything is measured in turn and repeatedly, after a vacuum and a
/// checkpoint each time: on a noisy machine only ratios of adjacent runs mean anything.
/// </summary>
internal sealed class RotationBenchmark(string programs, int rows, int rounds, IMeasuredRotation rotation, bool withPmm, int together, int? share)
{
    public async Task<RotationReport> RunAsync(CancellationToken cancellation)
    {
        using var folder = new TempFolder();
        Say("Starting PostgreSQL");
        await using var cluster = await PrivateCluster.StartAsync(programs, durable: true);
        Say($"Seeding {rows} agents");
        await using var pmm = await PmmDatabase.CreateAsync(cluster.Server, new PmmSeed { Rows = rows }, cancellation);
        var target = new RotationTarget(pmm.Database.PlainConnectionString, folder["pmm-encryption.key"]);
        Say("Encrypting them");
        await rotation.PrepareAsync(target, cancellation);
        // What the encryption left behind is not the rotation's to carry.
        await pmm.Database.ExecuteAsync("VACUUM (FULL, ANALYZE) agents");
        var server = await pmm.Database.ScalarAsync<string>("SHOW server_version");
        var bytes = await pmm.Database.ScalarAsync<long>("SELECT pg_total_relation_size('agents')");
        var measured = new List<IReadOnlyList<Measurement>>();
        for (var round = 1; round <= rounds; round++) measured.Add(await RoundAsync(round, pmm.Database, target, cancellation));
        return new RotationReport(rows, bytes, server!, measured);
    }

    private async Task<List<Measurement>> RoundAsync(
        int round, PostgresDatabase database, RotationTarget target, CancellationToken cancellation)
    {
        var measured = new List<Measurement>
        {
            await SettledAsync(() => Yardsticks.RewriteAsync(database.ConnectionString, cancellation)),
            await SettledAsync(() => Yardsticks.ReadAsync(database.ConnectionString, cancellation)),
        };
        foreach (var verb in rotation.Readers)
            measured.Add(await SettledAsync(() => rotation.ReadAsync(verb, target, cancellation)));
        if (together <= 1) await Leftover.KeepAsync(database, rows);
        var whole = await SettledAsync(() => rotation.RotateAsync(target, cancellation));
        measured.Add(whole);
        foreach (var (phase, milliseconds) in whole.Phases ?? new Dictionary<string, double>())
            measured.Add(new Measurement($"  {phase}", milliseconds / 1000));
        if (together > 1)
        {
            if (share is not null) await ShareAsync(1);
            await Leftover.KeepAsync(database, rows);
            await ShareAsync(together);
        }
        await Leftover.PutBackAsync(database);
        var finished = await SettledAsync(() => rotation.RotateAsync(target, cancellation));
        measured.AddRange([finished with { Name = "1 % left" }, new Measurement("  its sweep", finished.Phases!["sweep"] / 1000)]);
        if (withPmm)
            measured.Add(await SettledAsync(() => PmmAlgorithm.RunAsync(target, cancellation)));
        return measured;

        async Task ShareAsync(int runs)
        {
            var shared = await SettledAsync(() => rotation.RotateTogetherAsync(runs, share, target, cancellation));
            measured.AddRange([shared, new Measurement(runs == 1 ? "  its sweep, alone" : "  their sweep", shared.Phases!["sweep"] / 1000)]);
        }

        async Task<Measurement> SettledAsync(Func<Task<Measurement>> measure)
        {
            await database.ExecuteAsync("VACUUM agents");
            await database.ExecuteAsync("CHECKPOINT");
            var measurement = await measure();
            Say(FormattableString.Invariant($"Round {round} of {rounds}: {measurement.Name}: {measurement.Seconds:0.00} s"));
            return measurement;
        }
    }

    private static void Say(string what) => Console.Error.WriteLine(what);
}
