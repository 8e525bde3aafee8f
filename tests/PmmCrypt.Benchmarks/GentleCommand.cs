using System.CommandLine;
using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>The command line of the benchmark of a throttled rotation.</summary>
internal sealed class GentleCommand : Command
{
    private readonly Option<int> _rows = Number("--rows", "How many agents the database has.", 50_000);
    private readonly Option<int> _rounds = Number("--rounds", "How often everything is measured, in turn.", 3);
    private readonly Option<int> _clients = Number("--clients", "How many clients pgbench has.", 4);
    private readonly Option<int> _period = Number("--period", "For how many seconds the rotation runs, and then stands still.", 3);
    private readonly Option<int?> _rate = new("--rate")
    {
        Description = "How many transactions pgbench begins in a second. Default: as many as its clients can.",
    };
    private readonly Option<string[]> _throttle = new("--throttle")
    {
        Description = "What is passed to rotate as --throttle. Repeatable. Default: auto and 500.",
        DefaultValueFactory = _ => ["auto", "500"],
    };
    private readonly Option<FileInfo?> _json = new("--json") { Description = "Write every measurement to this file too." };
    private readonly Option<FileInfo?> _tool = new("--tool") { Description = "The tool that rotates. Default: the tool of this tree." };
    private readonly Option<string?> _programs = new("--pgbin")
    {
        Description = $"PostgreSQL's programs: a folder. Default: {PrivateCluster.ProgramsVariable}, else the newest of Debian's.",
    };

    public GentleCommand()
        : base("gentle", "Rotates a PMM database beside a pgbench, throttled and not, and says what pgbench's transactions took.")
    {
        foreach (Option option in (Option[])[_rows, _rounds, _clients, _period, _rate, _throttle, _json, _tool, _programs]) Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        if ((parsed.GetValue(_programs) ?? ServerPrograms.Find()) is not { } programs)
        {
            await Console.Error.WriteLineAsync("error: no PostgreSQL server programs found\nhint: name their folder with --pgbin");
            return 1;
        }
        var load = new ServerLoad(programs, parsed.GetValue(_clients), parsed.GetValue(_rate));
        var benchmark = new GentleBenchmark(
            programs, parsed.GetValue(_rows), parsed.GetValue(_rounds), load, TimeSpan.FromSeconds(parsed.GetValue(_period)),
            parsed.GetValue(_throttle) ?? [], parsed.GetValue(_tool)?.FullName ?? RotationCommand.BuiltTool());
        var report = await benchmark.RunAsync(cancellation);
        report.Print();
        if (parsed.GetValue(_json) is { } json) await File.WriteAllTextAsync(json.FullName, report.ToJson(), cancellation);
        return 0;
    }

    private static Option<int> Number(string name, string description, int usual)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result => { if (result.GetValue(option) < 1) result.AddError($"{name} must be at least 1."); });
        return option;
    }
}
