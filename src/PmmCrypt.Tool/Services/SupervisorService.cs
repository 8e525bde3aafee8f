using System.ComponentModel;
using System.Diagnostics;

namespace PmmCrypt.Tool.Services;

/// <summary>A service of supervisord, PMM Server's manager of processes, which is asked through <c>supervisorctl</c>.</summary>
/// <remarks>
/// What it is told says little: a command may have been interrupted together with this program's terminal. So the status decides, and while
/// that is not what is wanted the command is given again.
/// </remarks>
/// <param name="name">How supervisord calls it.</param>
/// <param name="ready">How it says that it is ready; null where it is once it runs.</param>
/// <param name="title">How people call it, where that is another name.</param>
internal sealed class SupervisorService(string name, ReadyCheck? ready = null, string? title = null) : IService
{
    private const string GivenUp = "FATAL";

    private static readonly TimeSpan ToAnswer = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);
    private static readonly string[] Ended = ["STOPPED", "EXITED", GivenUp];
    private static readonly string[] OnItsWay = ["STARTING", "STOPPING"];

    public string Title => title ?? name;

    /// <summary>The program that supervisord is asked through.</summary>
    public string Program { get; init; } = "supervisorctl";

    /// <summary>How long it may take to end, and how long to be there again.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    public async Task StopAsync()
    {
        var clock = Stopwatch.StartNew();
        if (await BringAsync("stop", clock, state => Ended.Contains(state), _ => false).ConfigureAwait(false) is { } why)
            throw new ServiceNotStoppedException(why, $"is there such a service? Else stop it yourself: {Program} stop {name}");
    }

    public async Task StartAsync()
    {
        var clock = Stopwatch.StartNew();
        if (await BringAsync("start", clock, state => state == "RUNNING", state => state == GivenUp).ConfigureAwait(false) is { } why)
            throw new ServiceNotStartedException(why, $"look at its log, and start it yourself: {Program} start {name}");
        if (ready is not null && await AwaitReadyAsync(ready, clock).ConfigureAwait(false) is { } whyNot)
            throw new ServiceNotStartedException(whyNot, "look at its log, and wait until it answers: nothing has to be rotated again");
    }

    /// <summary>Asks the service until it is ready, or its manager gives it up, or the time is over in which it was to be.</summary>
    /// <returns>Null where it is; else why not.</returns>
    private async Task<string?> AwaitReadyAsync(ReadyCheck check, Stopwatch clock)
    {
        while (true)
        {
            if (await check.WhyNotAsync().ConfigureAwait(false) is not { } whyNot)
                return null;
            var state = StateIn(await RunAsync("status").ConfigureAwait(false)) ?? "gone";
            if (state == GivenUp || clock.Elapsed > Timeout)
                return $"{name} is {state} and not ready, {clock.Elapsed.TotalSeconds:0} s after {Program} start: {whyNot}";
            await Task.Delay(BetweenLooks).ConfigureAwait(false);
        }
    }

    /// <summary>Gives a command until the state is the one that is wanted.</summary>
    /// <returns>Null where it is; else why not.</returns>
    private async Task<string?> BringAsync(string command, Stopwatch clock, Func<string, bool> isThere, Func<string, bool> isHopeless)
    {
        try
        {
            while (true)
            {
                var said = await RunAsync(command).ConfigureAwait(false);
                string? state;
                do
                {
                    var status = await RunAsync("status").ConfigureAwait(false);
                    state = StateIn(status);
                    if (state is null)
                        return $"{Program} does not say how {name} is: {status}";
                    if (isThere(state))
                        return null;
                    if (isHopeless(state) || clock.Elapsed > Timeout)
                        return $"{name} is {state}, {clock.Elapsed.TotalSeconds:0} s after {Program} {command}: {said}";
                    await Task.Delay(BetweenLooks).ConfigureAwait(false);
                }
                while (OnItsWay.Contains(state));
            }
        }
        catch (Win32Exception e)
        {
            return $"{Program} cannot be run here: {e.Message}";
        }
    }

    /// <summary>The second word of the line that begins with its name: <c>pmm-managed  RUNNING  pid 12, uptime 0:01:02</c>.</summary>
    private string? StateIn(string status) => status.Split('\n')
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .Where(words => words.Length > 1 && words[0] == name && words[1].All(char.IsAsciiLetterUpper))
        .Select(words => words[1]).FirstOrDefault();

    private async Task<string> RunAsync(string command)
    {
        // No input: a question for a password would be asked where nobody answers.
        using var process = Process.Start(new ProcessStartInfo(Program, [command, name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Timeout + ToAnswer);
        try
        {
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            var output = await process.StandardOutput.ReadToEndAsync(limit.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            return $"{output}{await error.ConfigureAwait(false)}".Trim();
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return $"{Program} {command} did not end in {(Timeout + ToAnswer).TotalSeconds:0} s";
        }
    }
}
