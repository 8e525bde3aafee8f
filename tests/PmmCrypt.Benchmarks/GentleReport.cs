using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace PmmCrypt.Benchmarks;

/// <summary>What the clients of a server waited for while something ran beside them.</summary>
/// <param name="Way">What ran.</param>
/// <param name="Seconds">How long it ran.</param>
/// <param name="Transactions">How many transactions ended meanwhile.</param>
/// <param name="P50">Half of them took no more milliseconds than this.</param>
/// <param name="P95">Nineteen of twenty took no more than this.</param>
internal sealed record GentleMeasurement(string Way, double Seconds, int Transactions, double P50, double P95)
{
    public static GentleMeasurement Of(string way, TimeSpan time, IReadOnlyList<double> latencies)
    {
        var sorted = latencies.Order().ToArray();
        return new(way, time.TotalSeconds, sorted.Length, At(0.5), At(0.95));

        double At(double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
    }

    public override string ToString() => FormattableString.Invariant(
        $"{Way}: {Seconds:0.0} s, {Transactions / Seconds:0} transactions/s, p50 {P50:0.00} ms, p95 {P95:0.00} ms");
}

/// <summary>What was measured, round by round, and what follows from it.</summary>
internal sealed record GentleReport(int Rows, string Load, string ServerVersion, IReadOnlyList<IReadOnlyList<GentleMeasurement>> Rounds)
{
    /// <summary>The name of what everything else is compared to.</summary>
    public const string Alone = "alone";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private IEnumerable<string> Ways => Rounds[0].Select(m => m.Way);

    public void Print()
    {
        AnsiConsole.WriteLine($"{Rows} agents, PostgreSQL {ServerVersion}; {Load}");
        AnsiConsole.WriteLine($"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {Rounds.Count} rounds, medians");
        var table = new Table().AddColumns("", "s", "transactions/s", "p50 ms", "p95 ms", "p50 x alone", "p95 x alone", "least", "most");
        foreach (var way in Ways)
        {
            table.AddRow(
                way, Number(Median(way, m => m.Seconds)), Number(Median(way, m => m.Transactions / m.Seconds)),
                Number(Median(way, m => m.P50)), Number(Median(way, m => m.P95)), Number(Median(Ratios(way, m => m.P50))),
                Number(Median(Ratios(way, m => m.P95))), Number(Ratios(way, m => m.P95).Min()), Number(Ratios(way, m => m.P95).Max()));
        }
        AnsiConsole.Write(table);
    }

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Rows,
            Load,
            ServerVersion,
            Runtime = RuntimeInformation.FrameworkDescription,
            Cores = Environment.ProcessorCount,
            Medians = Ways.Select(way => new
            {
                Way = way,
                Seconds = Median(way, m => m.Seconds),
                P50 = Median(way, m => m.P50),
                P95 = Median(way, m => m.P95),
                P95TimesAlone = Median(Ratios(way, m => m.P95)),
            }),
            Rounds,
        },
        Json);

    /// <summary>Round by round: within one the machine was equally busy.</summary>
    private IEnumerable<double> Ratios(string way, Func<GentleMeasurement, double> value) =>
        Rounds.Select(round => value(round.Single(m => m.Way == way)) / value(round.Single(m => m.Way == Alone)));

    private double Median(string way, Func<GentleMeasurement, double> value) =>
        Median(Rounds.Select(round => value(round.Single(m => m.Way == way))));

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
