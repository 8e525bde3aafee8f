using System.ComponentModel;
using System.Diagnostics;

namespace PmmCrypt.Tool.Services;

/// <summary>A service of supervisord, PMM Server's manager of processes, which is asked through <c>supervisorctl</c>.</summary>
/// <remarks>
/// What it is told says little: a command may have been interrupted together with this program's terminal. So the status decides, and while
/// that is not what is wanted the command is given again.
/// </remarks>
/// <param name="name">How supervisord calls it.</param>
/// <param name="title">How people call it, where that is another name.</param>
internal sealed class SupervisorService(string name, string? title = null) : IService
{
    private const string Program = "supervisorctl";
    private const string GivenUp = "FATAL";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(250);
    private static readonly string[] Ended = ["STOPPED", "EXITED", GivenUp];
    private static readonly string[] OnItsWay = ["STARTING", "STOPPING"];

    public string Title => title ?? name;

    public async Task StopAsync()
    {
        if (await BringAsync("stop", state => Ended.Contains(state), _ => false).ConfigureAwait(false) is { } why)
            throw new ServiceNotStoppedException(why, $"is there such a service? Else stop it yourself: {Program} stop {name}");
    }

    public async Task StartAsync()
    {
        if (await BringAsync("start", state => state == "RUNNING", state => state == GivenUp).ConfigureAwait(false) is { } why)
            throw new ServiceNotStartedException(why, $"look at its log, and start it yourself: {Program} start {name}");
    }

    /// <summary>Gives a command until the state is the one that is wanted.</summary>
    /// <returns>Null where it is; else why not.</returns>
    private async Task<string?> BringAsync(string command, Func<string, bool> isThere, Func<string, bool> isHopeless)
    {
        var clock = Stopwatch.StartNew();
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
        using var process = Process.Start(
            new ProcessStartInfo(Program, [command, name]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return $"{output}{await error.ConfigureAwait(false)}".Trim();
    }
}
