using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace PmmCrypt.Benchmarks;

/// <summary>The command line of the field benchmark.</summary>
internal sealed class FieldCommand : Command
{
    private readonly Option<int> _rounds = new("--rounds")
    {
        Description = "How often both sides are measured, in turn.",
        DefaultValueFactory = _ => 31,
    };
    private readonly Option<int> _milliseconds = new("--milliseconds")
    {
        Description = "How long one measurement takes, about.",
        DefaultValueFactory = _ => 40,
    };
    private readonly Option<FileInfo?> _json = new("--json") { Description = "Write every measurement to this file too." };

    public FieldCommand()
        : base("field", "Encrypts one field to a string, next to bare AES-GCM and base64 on spans.")
    {
        foreach (Option option in (Option[])[_rounds, _milliseconds, _json]) Add(option);
        _rounds.Validators.Add(result => { if (result.GetValue(_rounds) < 1) result.AddError("--rounds must be at least 1."); });
        _milliseconds.Validators.Add(
            result => { if (result.GetValue(_milliseconds) < 1) result.AddError("--milliseconds must be at least 1."); });
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var measured = new FieldBenchmark(parsed.GetValue(_rounds), parsed.GetValue(_milliseconds)).Run();
        AnsiConsole.WriteLine($"{RuntimeInformation.FrameworkDescription}, {parsed.GetValue(_rounds)} rounds");
        var table = new Table().AddColumns("bytes", "", "median ns", "least", "most", "x bare", "allocated B/op");
        foreach (var group in measured.GroupBy(one => (one.Bytes, one.Side)))
        {
            var bare = measured.Where(one => one.Side == FieldBenchmark.Bare && one.Bytes == group.Key.Bytes).ToDictionary(one => one.Round);
            var nanoseconds = group.Select(one => one.Nanoseconds).ToArray();
            table.AddRow(
                Number(group.Key.Bytes, "0"), group.Key.Side, Number(Median(nanoseconds), "0"), Number(nanoseconds.Min(), "0"),
                Number(nanoseconds.Max(), "0"), Number(Median(group.Select(one => one.Nanoseconds / bare[one.Round].Nanoseconds)), "0.00"),
                Number(group.Max(one => one.Allocated), "0.0"));
        }
        AnsiConsole.Write(table);
        if (parsed.GetValue(_json) is { } json) File.WriteAllText(json.FullName, JsonSerializer.Serialize(measured, JsonSerializerOptions.Web));
        return 0;
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
