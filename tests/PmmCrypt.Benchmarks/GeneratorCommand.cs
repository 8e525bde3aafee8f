using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace PmmCrypt.Benchmarks;

/// <summary>The command line of the generator's benchmark.</summary>
internal sealed class GeneratorCommand : Command
{
    private readonly Option<int> _entities = new("--entities")
    {
        Description = "How many entities the project has.",
        DefaultValueFactory = _ => 100,
    };
    private readonly Option<int> _rounds = new("--rounds")
    {
        Description = "How often each is measured, after a first time that is not counted with the others.",
        DefaultValueFactory = _ => 31,
    };
    private readonly Option<FileInfo?> _json = new("--json") { Description = "Write every measurement to this file too." };

    public GeneratorCommand()
        : base("generator", "Generates the code of many entities: with nothing cached, and after edits.")
    {
        foreach (var number in (Option<int>[])[_entities, _rounds])
        {
            Add(number);
            number.Validators.Add(result => { if (result.GetValue(number) < 1) result.AddError($"{number.Name} must be at least 1."); });
        }
        Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var measured = new GeneratorBenchmark(parsed.GetValue(_entities), parsed.GetValue(_rounds)).Run();
        AnsiConsole.WriteLine(
            $"{RuntimeInformation.FrameworkDescription}, {parsed.GetValue(_entities)} entities, {parsed.GetValue(_rounds)} rounds");
        var table = new Table().AddColumns("ms inside the generator", "median", "least", "most");
        foreach (var run in measured.Where(one => one.Round > 0 || one.What == GeneratorBenchmark.First).GroupBy(one => one.What))
        {
            var sorted = run.Select(one => one.Milliseconds).Order().ToArray();
            table.AddRow(run.Key, Number(sorted[sorted.Length / 2]), Number(sorted[0]), Number(sorted[^1]));
        }
        AnsiConsole.Write(table);
        if (parsed.GetValue(_json) is { } json)
            File.WriteAllText(json.FullName, JsonSerializer.Serialize(measured, JsonSerializerOptions.Web));
        return 0;
    }

    private static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
}
