using System.Diagnostics.Tracing;
using System.Globalization;
using System.Text;

namespace PmmCrypt.Kill.Hook;

/// <summary>
/// Writes each step of the run that it is loaded into to a file, and holds the run for ever at the one that the harness chose: an event is
/// delivered on the thread that raises it, so nothing behind the step happens any more. The harness then kills the process.
/// </summary>
internal sealed class StepListener : EventListener
{
    /// <summary>The file that the steps are written to, one a line.</summary>
    private const string TraceVariable = "PMMCRYPT_KILL_TRACE";

    /// <summary>The step to hold at, and the how manieth it is to be: <c>page-sent 2</c>. Without it nothing is held.</summary>
    private const string HoldVariable = "PMMCRYPT_KILL_HOLD";

    private const string Held = "held";

    // Static, for the base class's constructor calls OnEventSourceCreated before a field of this one is set.
    private static readonly Lock Gate = new();
    private static FileStream? _trace;
    private static string? _step;
    private static int _countdown;
    private static StepListener? _listener;

    /// <summary>Begins to listen, if the harness said where to write.</summary>
    public static void Start()
    {
        if (Environment.GetEnvironmentVariable(TraceVariable) is not { Length: > 0 } path)
            return;
        if (Environment.GetEnvironmentVariable(HoldVariable)?.Split(' ') is [var step, var occurrence])
            (_step, _countdown) = (step, int.Parse(occurrence, CultureInfo.InvariantCulture));
        _trace = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        _listener = new StepListener();
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "PmmCrypt")
            EnableEvents(eventSource, EventLevel.Informational);
    }

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.Payload is not [string step])
            return;
        lock (Gate)
        {
            Write(step);
            if (step != _step || --_countdown != 0)
                return;
            Write(Held);
        }

        Thread.Sleep(Timeout.Infinite);
    }

    private static void Write(string line)
    {
        _trace!.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _trace.Flush();
    }
}
