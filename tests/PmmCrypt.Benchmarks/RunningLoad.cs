using System.Globalization;
using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>From one moment to another.</summary>
internal readonly record struct Period(DateTimeOffset From, DateTimeOffset To)
{
    public TimeSpan Took => To - From;

    public bool Holds(Period other) => other.From >= From && other.To <= To;
}

/// <summary>A pgbench that runs, and what it has logged: a line for each transaction.</summary>
internal sealed class RunningLoad(CliProcess process, TempFolder folder) : IDisposable
{
    private const int LatencyField = 2;
    private const int SecondsField = 4;
    private const int MicrosecondsField = 5;

    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until its connections and caches are warm.</summary>
    public static Task WarmUpAsync(CancellationToken cancellation) => Task.Delay(Warm, cancellation);

    /// <summary>The milliseconds of each transaction that was within one of these periods from its begin to its end.</summary>
    public async Task<IReadOnlyList<double>> LatenciesAsync(IReadOnlyList<Period> periods, CancellationToken cancellation)
    {
        // Lines come in blocks: those of the last moment are there when later ones are.
        for (var waited = TimeSpan.Zero; waited < Patience; waited += Pause)
        {
            var lines = Read();
            if (lines.Count > 0 && lines.Max(line => line.To) > periods[^1].To)
                return [.. lines.Where(line => periods.Any(period => period.Holds(line))).Select(line => line.Took.TotalMilliseconds)];
            if (process.HasExited)
                throw new InvalidOperationException($"pgbench ended: {(await process.WaitAsync(Patience, cancellation)).Error}");
            await Task.Delay(Pause, cancellation);
        }
        throw new TimeoutException("pgbench has logged nothing for a minute.");
    }

    public void Dispose()
    {
        process.Dispose();
        folder.Dispose();
    }

    private List<Period> Read()
    {
        var lines = new List<Period>();
        foreach (var file in Directory.GetFiles(folder.Path, "pgbench_log.*"))
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var text = reader.ReadToEnd();
            // The last line may not be whole yet.
            foreach (var line in text.Split('\n')[..^1])
            {
                var fields = line.Split(' ');
                var ended = DateTimeOffset.FromUnixTimeSeconds(Number(fields[SecondsField]))
                    .AddMicroseconds(Number(fields[MicrosecondsField]));
                lines.Add(new Period(ended.AddMicroseconds(-Number(fields[LatencyField])), ended));
            }
        }
        return lines;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
