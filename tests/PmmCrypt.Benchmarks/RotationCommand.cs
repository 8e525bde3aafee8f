using System.CommandLine;
using System.Reflection;
using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>The command line of the rotation benchmark.</summary>
internal sealed class RotationCommand : Command
{
    private readonly Option<int> _rows = new("--rows")
    {
        Description = "How many agents the database has.",
        DefaultValueFactory = _ => 100_000,
    };
    private readonly Option<int> _rounds = new("--rounds")
    {
        Description = "How often everything is measured, in turn.",
        DefaultValueFactory = _ => 3,
    };
    private readonly Option<FileInfo?> _json = new("--json") { Description = "Write every measurement to this file too." };
    private readonly Option<FileInfo?> _tool = new("--tool")
    {
        Description = "The tool whose rotation is measured: an installed dotnet-pmm-crypt, or a built pmm-crypt.dll. "
            + "It encrypts the database with its own init. Default: the tool of this tree.",
    };
    private readonly Option<string[]> _toolArguments = new("--tool-argument")
    {
        Description = "Passed to the tool's rotate, for example --tool-argument=--batch-size --tool-argument=500. Repeatable.",
        DefaultValueFactory = _ => [],
    };
    private readonly Option<bool> _pmm = new("--pmm")
    {
        Description = "Measure PMM's own algorithm too: some ten times as slow.",
    };
    private readonly Option<int> _together = new("--together")
    {
        Description = "How many runs share a sweep; 1 to leave that out.",
        DefaultValueFactory = _ => 2,
    };
    private readonly Option<int?> _share = new("--client-share")
    {
        Description = "Hold each run that shares to this much of one core, in percent, and measure one such run alone too: clients on machines "
            + "of their own, beside a server that is faster than they. Takes root.",
    };
    private readonly Option<string?> _programs = new("--pgbin")
    {
        Description = $"PostgreSQL's server programs: a folder. Default: {PrivateCluster.ProgramsVariable}, else the newest of Debian's.",
    };

    public RotationCommand()
        : base("rotation", "Rotates a PMM database, and counts and verifies it, next to the server's own rewrite of the same columns (W) and to reading "
            + "them (R).")
    {
        foreach (Option option in (Option[])[_rows, _rounds, _json, _tool, _toolArguments, _pmm, _together, _share, _programs]) Add(option);
        _rows.Validators.Add(result => { if (result.GetValue(_rows) < 1) result.AddError("--rows must be at least 1."); });
        _rounds.Validators.Add(result => { if (result.GetValue(_rounds) < 1) result.AddError("--rounds must be at least 1."); });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        if ((parsed.GetValue(_programs) ?? ServerPrograms.Find()) is not { } programs)
        {
            await Console.Error.WriteLineAsync("error: no PostgreSQL server programs found\nhint: name their folder with --pgbin");
            return 1;
        }
        var tool = new CommandRotation(parsed.GetValue(_tool)?.FullName ?? BuiltTool(), parsed.GetValue(_toolArguments) ?? []);
        var benchmark = new RotationBenchmark(
            programs, parsed.GetValue(_rows), parsed.GetValue(_rounds), tool, parsed.GetValue(_pmm), parsed.GetValue(_together),
            parsed.GetValue(_share));
        var report = await benchmark.RunAsync(cancellation);
        report.Print();
        if (parsed.GetValue(_json) is { } json) await File.WriteAllTextAsync(json.FullName, report.ToJson(), cancellation);
        return 0;
    }

    public static string BuiltTool() => typeof(RotationCommand).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "Tool").Value!;
}
