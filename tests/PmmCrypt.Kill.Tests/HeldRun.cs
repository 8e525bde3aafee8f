using System.Diagnostics;
using PmmCrypt.Testing;

namespace PmmCrypt.Kill.Tests;

/// <summary>A run of the tool with the hook inside, which writes down its steps and may hold it at one.</summary>
internal sealed class HeldRun : IDisposable
{
    private const string Held = "held";
    private readonly string _trace;
    private readonly CliProcess _process;

    private HeldRun(CliProcess process, string trace) => (_process, _trace) = (process, trace);

    /// <summary>The steps so far.</summary>
    public IReadOnlyList<string> Steps => File.Exists(_trace)
        ? [.. File.ReadAllText(_trace).Split('\n', StringSplitOptions.RemoveEmptyEntries)]
        : [];

    /// <summary>Starts the tool; the trace is a file that does not exist yet.</summary>
    public static HeldRun Start(PackedTool tool, IEnumerable<string> arguments, string trace, KillPoint? hold = null) =>
        new(tool.Start(arguments, Environment(trace, hold)), trace);

    /// <summary>Starts the program by another name, with an environment of its own.</summary>
    public static HeldRun Start(
        PackedTool tool, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment, string trace,
        KillPoint? hold = null)
    {
        var all = Environment(trace, hold);
        foreach (var (name, value) in environment) all[name] = value;
        return new(tool.Start(arguments, all, program), trace);
    }

    /// <summary>The environment that loads the hook into the tool.</summary>
    public static Dictionary<string, string?> Environment(string trace, KillPoint? hold = null) => new()
    {
        ["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "PmmCrypt.Kill.Hook.dll"),
        ["PMMCRYPT_KILL_TRACE"] = trace,
        ["PMMCRYPT_KILL_HOLD"] = hold?.ToString(),
    };

    /// <summary>Waits until the run stands still at its point, and kills it there.</summary>
    public async Task KillAsync()
    {
        var clock = Stopwatch.StartNew();
        while (!Steps.Contains(Held))
        {
            if (_process.HasExited)
                Assert.Fail($"The run ended before it was held: {await EndAsync()}\n{string.Join(' ', Steps)}");
            Assert.True(clock.Elapsed < PackedTool.Timeout, $"The run was not held: {string.Join(' ', Steps)}");
            await Task.Delay(5);
        }
        _process.Kill();
        Assert.Equal(128 + 9, (await EndAsync()).ExitCode);
    }

    /// <summary>Waits for the end of a run that is not killed.</summary>
    public Task<CliResult> EndAsync() => _process.WaitAsync(PackedTool.Timeout);

    public void Dispose() => _process.Dispose();
}
