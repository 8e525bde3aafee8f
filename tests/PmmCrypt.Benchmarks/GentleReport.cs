using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace PmmCrypt.Benchmarks;

/// <summary>What the clients of a server waited for beside a rotation, and between its parts.</summary>
/// <param name="Way">How it was throttled.</param>
/// <param name="Seconds">How long it ran.</param>
/// <param name="Transactions">How many transactions a second ended beside it.</param>
/// <param name="P50">Half of them took no more milliseconds than this.</param>
/// <param name="P95">Nineteen of twenty took no more than this.</param>
/// <param name="AloneP50">The same of the transactions alone.</param>
/// <param name="AloneP95">The same of the transactions alone.</param>
internal sealed record GentleMeasurement(
    string Way, double Seconds, double Transactions, double P50, double P95, double AloneP50, double AloneP95)
{
    public static GentleMeasurement Of(string way, double seconds, IReadOnlyList<double> beside, IReadOnlyList<double> alone) =>
        new(way, seconds, beside.Count / seconds, At(beside, 0.5), At(beside, 0.95), At(alone, 0.5), At(alone, 0.95));

    public override string ToString() => FormattableString.Invariant(
        $"{Way}: {Seconds:0.0} s, p50 {P50:0.00} ms, alone {AloneP50:0.00} ms, p95 {P95:0.00} ms, alone {AloneP95:0.00} ms");

    private static double At(IReadOnlyList<double> latencies, double share) =>
        latencies.Order().ElementAt((int)Math.Ceiling(share * latencies.Count) - 1);
}

/// <summary>What was measured, round by round, and what follows from it.</summary>
internal sealed record GentleReport(int Rows, string Load, string ServerVersion, IReadOnlyList<IReadOnlyList<GentleMeasurement>> Rounds)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private IEnumerable<string> Ways => Rounds[0].Select(m => m.Way);

    public void Print()
    {
        AnsiConsole.WriteLine($"{Rows} agents, PostgreSQL {ServerVersion}; {Load}");
        AnsiConsole.WriteLine(
            $"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {Rounds.Count} rounds, medians");
        var table = new Table().AddColumns("", "s", "tps", "p50 ms", "alone", "p95 ms", "alone", "p95 x alone", "least", "most");
        foreach (var way in Ways)
        {
            var ratios = Of(way, m => m.P95 / m.AloneP95).ToArray();
            table.AddRow(
                way, Number(Median(Of(way, m => m.Seconds))), Number(Median(Of(way, m => m.Transactions))),
                Number(Median(Of(way, m => m.P50))), Number(Median(Of(way, m => m.AloneP50))), Number(Median(Of(way, m => m.P95))),
                Number(Median(Of(way, m => m.AloneP95))), Number(Median(ratios)), Number(ratios.Min()), Number(ratios.Max()));
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
                Seconds = Median(Of(way, m => m.Seconds)),
                P50 = Median(Of(way, m => m.P50)),
                P95 = Median(Of(way, m => m.P95)),
                P95TimesAlone = Median(Of(way, m => m.P95 / m.AloneP95)),
            }),
            Rounds,
        },
        Json);

    private IEnumerable<double> Of(string way, Func<GentleMeasurement, double> value) =>
        Rounds.Select(round => value(round.Single(m => m.Way == way)));

    private static string Number(double value) => value.ToString(value < 100 ? "0.00" : "0", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
