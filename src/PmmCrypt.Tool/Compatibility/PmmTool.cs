using System.CommandLine;
using System.CommandLine.Invocation;
using System.Runtime.InteropServices;
using System.Text;
using PmmCrypt.Rotation;
using PmmCrypt.Tool.Services;

namespace PmmCrypt.Tool.Compatibility;

/// <summary>
/// PMM's own tool: what this program is where it is called by that tool's name, as through a symbolic link. Flags, exit codes and the lines
/// of its log are that tool's.
/// </summary>
internal static class PmmTool
{
    private const string Name = "pmm-encryption-rotation";
    private const int ProblemsShown = 10;

    /// <summary>Whether this process was called by that name. .NET tells a program the name of its .dll instead; Linux knows.</summary>
    public static bool IsCalled
    {
        get
        {
            try
            {
                return Path.GetFileName(Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).Split('\0')[0]) == Name;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;       // not Linux
            }
        }
    }

    /// <summary>Runs it.</summary>
    /// <returns>One of <see cref="PmmExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ignore);
        var log = new PmmLog(Console.Error);
        try
        {
            var parsed = new PmmCommand(log).Parse(args);
            if (parsed.Action is ParseErrorAction)
                throw WrongUsage.Of(parsed, Name);
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (PmmFailure e)
        {
            return Fail(log, e.Why, e.ExitCode);
        }
        catch (Exception e)
        {
            return Fail(log, e, e switch
            {
                UsageException => PmmExitCode.NotOpened,
                ServiceNotStoppedException => PmmExitCode.NotStopped,
                ServiceNotStartedException => PmmExitCode.NotStarted,
                _ => PmmExitCode.NotRotated,
            });
        }

        // As PMM's tool does: a rotation is brought to its end.
        static void Ignore(PosixSignalContext signal) => signal.Cancel = true;
    }

    private static int Fail(PmmLog log, Exception e, int exitCode)
    {
        var problems = (e as RotationException)?.Problems ?? [];
        foreach (var problem in problems.Take(ProblemsShown))
            log.Error(problem.ToString());
        if (problems.Count > ProblemsShown)
            log.Error($"and {problems.Count - ProblemsShown} more");
        var (message, hint) = Program.Describe(e, ExitCode.Of(e));
        log.Error(message);
        if (hint is not null)
            log.Error($"hint: {hint}");
        return exitCode;
    }
}
