using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace PmmCrypt.Benchmarks;

/// <summary>What was measured, round by round, and what follows from it.</summary>
internal sealed record RotationReport(int Rows, long TableBytes, string ServerVersion, IReadOnlyList<IReadOnlyList<Measurement>> Rounds)
{
    private const double Megabyte = 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>What every round has: a phase is left out where one run had no need of it.</summary>
    private IEnumerable<string> Names => Rounds[0].Select(m => m.Name).Where(name => Rounds.All(round => round.Any(m => m.Name == name)));

    public void Print()
    {
        AnsiConsole.WriteLine(FormattableString.Invariant($"{Rows} agents, {TableBytes / Megabyte:0} MB, PostgreSQL {ServerVersion}"));
        AnsiConsole.WriteLine($"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores");
        var table = new Table().AddColumns("", "median s", "least", "most", "x W", "x R", "rows/s", "peak MB", "kB/row", "gen 2", "CPU us/row");
        foreach (var name in Names)
        {
            var seconds = Of(name).Select(m => m.Seconds).ToArray();
            table.AddRow(
                name, Number(Median(seconds)), Number(seconds.Min()), Number(seconds.Max()), Number(Ratio(name, Yardsticks.Rewrite)),
                Number(Ratio(name, Yardsticks.Read)), (Rows / Median(seconds)).ToString("0", CultureInfo.InvariantCulture), Peak(name),
                Usage(name, usage => usage.AllocatedBytes / 1000.0 / Rows), Usage(name, usage => usage.Gen2Collections),
                Usage(name, usage => usage.CpuSeconds * 1e6 / Rows));
        }
        AnsiConsole.Profile.Width = 160;     // also where the output is a file
        AnsiConsole.Write(table);
    }

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Rows,
            TableBytes,
            ServerVersion,
            Runtime = RuntimeInformation.FrameworkDescription,
            Cores = Environment.ProcessorCount,
            Medians = Names.Select(name => new
            {
                Name = name,
                Seconds = Median(Of(name).Select(m => m.Seconds)),
                TimesRewrite = Ratio(name, Yardsticks.Rewrite),
                TimesRead = Ratio(name, Yardsticks.Read),
                PeakMemory = Of(name).Max(m => m.PeakMemory),
            }),
            Rounds,
        },
        Json);

    private IEnumerable<Measurement> Of(string name) => Rounds.Select(round => round.Single(m => m.Name == name));

    /// <summary>The median of the rounds' ratios and not the ratio of medians: within a round the machine was equally busy.</summary>
    private double Ratio(string name, string yardstick) =>
        Median(Rounds.Select(round => round.Single(m => m.Name == name).Seconds / round.Single(m => m.Name == yardstick).Seconds));

    private string Peak(string name) => Of(name).Max(m => m.PeakMemory) is { } bytes ? Number(bytes / Megabyte) : "";

    private string Usage(string name, Func<ToolUsage, double> figure)
    {
        var used = Of(name).Select(m => m.Usage).OfType<ToolUsage>().Select(figure).ToArray();
        return used.Length > 0 ? Number(Median(used)) : "";
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
