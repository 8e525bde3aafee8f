using System.Globalization;
using System.Text.RegularExpressions;
using PmmCrypt.Testing;

namespace PmmCrypt.Kill.Tests;

/// <summary>Runs the tool under strace, which writes down what it asks of the kernel, in the order in which it does.</summary>
internal static partial class Strace
{
    private const string Calls =
        "trace=openat,write,writev,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,sendto,sendmsg,syncfs,fcntl";

    /// <summary>
    /// Without strace the test is skipped on a laptop and fails in CI; where the machine lets nobody trace, as some containers do, it is
    /// skipped.
    /// </summary>
    public static async Task RequireAsync()
    {
        try
        {
            var trial = await Cli.RunAsync("strace", ["-f", "-o", "/dev/null", "true"]);
            Skip.If(trial.ExitCode != 0, $"strace does not work here: {trial.Error}");
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            if (TestMachine.IsCi) Assert.Fail($"strace is missing (Debian: apt-get install strace): {missing.Message}");
            Skip.If(true, $"strace is missing: {missing.Message}");
        }
    }

    /// <summary>Runs the tool to its end, which must be a good one.</summary>
    public static async Task<IReadOnlyList<SystemCall>> RunAsync(PackedTool tool, IEnumerable<string> arguments)
    {
        using var folder = new TempFolder();
        var log = folder["strace"];
        // -y: with the path of each file descriptor; -s: with all of what is written.
        string[] strace = ["-f", "--seccomp-bpf", "-y", "-s", "1000000", "-e", Calls, "-o", log, tool.Program, .. arguments];
        (await Cli.RunAsync("strace", strace, PackedTool.Clean(null))).EnsureSuccess();
        return Parse(File.ReadLines(log));
    }

    /// <summary>A call that another thread's came between stands in two lines: where it began, and where it ended.</summary>
    private static List<SystemCall> Parse(IEnumerable<string> lines)
    {
        var calls = new List<SystemCall>();
        var unfinished = new Dictionary<int, (string Text, int Begin)>();
        var at = 0;
        foreach (var line in lines)
        {
            at++;
            var match = Line().Match(line);
            if (!match.Success) continue;
            var thread = int.Parse(match.Groups["thread"].Value, CultureInfo.InvariantCulture);
            var (text, begin) = (match.Groups["text"].Value, at);
            if (text.EndsWith(" <unfinished ...>", StringComparison.Ordinal))
            {
                unfinished[thread] = (text, begin);
                continue;
            }
            if (text.StartsWith("<... ", StringComparison.Ordinal) && unfinished.Remove(thread, out var first))
                (text, begin) = (first.Text + text, first.Begin);
            calls.Add(new SystemCall(text.Split('(')[0], text, begin, at));
        }
        return calls;
    }

    [GeneratedRegex(@"^(?<thread>\d+)\s+(?<text>.*)$")]
    private static partial Regex Line();
}
