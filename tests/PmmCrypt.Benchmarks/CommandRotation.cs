using System.Diagnostics;
using System.Text.Json;
using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>The tool as its user runs it: <c>rotate --connection … --key-file … --json</c>.</summary>
internal sealed class CommandRotation(string tool, IReadOnlyList<string> arguments) : IMeasuredRotation
{
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(1);

    public string Name => "rotate";

    public IReadOnlyList<string> Readers { get; } = ["status", "verify"];

    public async Task PrepareAsync(RotationTarget target, CancellationToken cancellation)
    {
        using var process = Start("init", target, []);
        (await process.WaitAsync(Timeout, cancellation)).EnsureSuccess();
    }

    public Task<Measurement> ReadAsync(string verb, RotationTarget target, CancellationToken cancellation) =>
        MeasureAsync(verb, target, [], cancellation);

    public Task<Measurement> RotateAsync(RotationTarget target, CancellationToken cancellation) =>
        MeasureAsync(Name, target, arguments, cancellation);

    public async Task<Measurement> RotateTogetherAsync(int runs, int? share, RotationTarget target, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        // The first adds the key; the others may come before it has, and wait.
        var measured = await Task.WhenAll(Enumerable.Range(0, runs)
            .Select(run => MeasureAsync(Name, target, run == 0 ? arguments : [.. arguments, "--join"], cancellation, share)));
        var held = share is { } percent ? $", each {percent} % of a core" : "";
        return new Measurement(
            (runs == 1 ? "1 run" : $"{runs} runs share it") + held, watch.Elapsed.TotalSeconds, measured.Max(one => one.PeakMemory), measured[0].Phases,
            new ToolUsage(
                measured.Sum(one => one.Usage!.AllocatedBytes), measured.Sum(one => one.Usage!.Gen2Collections),
                measured.Sum(one => one.Usage!.CpuSeconds)));
    }

    private async Task<Measurement> MeasureAsync(
        string verb, RotationTarget target, IReadOnlyList<string> more, CancellationToken cancellation, int? share = null)
    {
        using var folder = new TempFolder();
        using var group = share is { } percent ? new CpuShare(percent) : null;
        var watch = Stopwatch.StartNew();
        using var process = Start(verb, target, more, ToolUsage.Ask(folder), group);
        var memory = PeakMemory.WatchAsync(process.Id);
        var result = await process.WaitAsync(Timeout, cancellation);
        watch.Stop();
        var phases = Phases(result.EnsureSuccess().Output);
        return new Measurement(verb, watch.Elapsed.TotalSeconds, await memory, phases, ToolUsage.Read(folder));
    }

    /// <summary>Starts the rotation, for who does something with its process.</summary>
    public CliProcess Start(RotationTarget target) => Start("rotate", target, arguments);

    /// <summary>A built assembly is given to the runtime; an installed tool starts itself. Neither has a process in between.</summary>
    private CliProcess Start(
        string verb,
        RotationTarget target,
        IReadOnlyList<string> more,
        IReadOnlyDictionary<string, string?>? environment = null,
        CpuShare? group = null)
    {
        string[] all = [verb, "--connection", target.ConnectionString, "--key-file", target.KeyFile, "--json", .. more];
        string[] command = tool.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", "exec", tool, .. all] : [tool, .. all];
        if (group is not null) command = group.Run(command[0], command[1..]);
        return CliProcess.Start(command[0], command[1..], environment);
    }

    /// <summary>The numbers of the report's object "phases", where it has one: milliseconds by phase.</summary>
    private static Dictionary<string, double>? Phases(string output)
    {
        using var document = JsonDocument.Parse(output);
        if (!document.RootElement.TryGetProperty("phases", out var phases) || phases.ValueKind != JsonValueKind.Object) return null;
        return phases.EnumerateObject()
            .Where(phase => phase.Value.ValueKind == JsonValueKind.Number)
            .ToDictionary(phase => phase.Name, phase => phase.Value.GetDouble());
    }
}
