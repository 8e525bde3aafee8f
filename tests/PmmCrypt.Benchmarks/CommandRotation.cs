using System.Diagnostics;
using System.Text.Json;
using PmmCrypt.Testing;

namespace PmmCrypt.Benchmarks;

/// <summary>The tool as its user runs it: <c>rotate --connection … --key-file … --json</c>.</summary>
internal sealed class CommandRotation(string tool, IReadOnlyList<string> arguments) : IMeasuredRotation
{
    private static readonly TimeSpan Timeout = TimeSpan.FromHours(1);

    public string Name => "rotate";

    public async Task PrepareAsync(RotationTarget target, CancellationToken cancellation)
    {
        using var process = Start("init", target, []);
        (await process.WaitAsync(Timeout, cancellation)).EnsureSuccess();
    }

    public async Task<Measurement> RotateAsync(RotationTarget target, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        using var process = Start("rotate", target, arguments);
        var memory = PeakMemory.WatchAsync(process.Id);
        var result = await process.WaitAsync(Timeout, cancellation);
        watch.Stop();
        return new Measurement(Name, watch.Elapsed.TotalSeconds, await memory, Phases(result.EnsureSuccess().Output));
    }

    /// <summary>Starts the rotation, for who does something with its process.</summary>
    public CliProcess Start(RotationTarget target) => Start("rotate", target, arguments);

    /// <summary>A built assembly is given to the runtime; an installed tool starts itself. Neither has a process in between.</summary>
    private CliProcess Start(string verb, RotationTarget target, IReadOnlyList<string> more)
    {
        string[] all = [verb, "--connection", target.ConnectionString, "--key-file", target.KeyFile, "--json", .. more];
        return tool.EndsWith(".dll", StringComparison.Ordinal)
            ? CliProcess.Start("dotnet", ["exec", tool, .. all])
            : CliProcess.Start(tool, all);
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
