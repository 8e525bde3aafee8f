using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using PmmCrypt.Testing.Secrets;

namespace PmmCrypt.Testing;

/// <summary>
/// A process that a test started, can signal, and waits for. Still running on dispose, it is killed with its children. Where it is the
/// tool, it may say no secret: the wait fails, or the dispose where there was no wait.
/// </summary>
public sealed class CliProcess : IDisposable
{
    /// <summary>How long the end of an output is waited for: a grandchild that lives on may hold the pipe open.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private ToolTalk? _unheard;

    private CliProcess(Process process, string? input, ToolTalk? talk)
    {
        _process = process;
        _unheard = talk;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input: its exit code says more than a broken pipe.
        }
    }

    /// <summary>The process's id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program. A variable without a value is taken out of the environment that the program inherits.</summary>
    public static CliProcess Start(
        string file,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? input = null,
        string? folder = null)
    {
        string[] all = [.. arguments];
        var start = new ProcessStartInfo(file, all)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            WorkingDirectory = folder ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>()) start.Environment[name] = value;
        var talk = ToolTalk.Of(file, all, environment);     // before the start, which may change the key file
        return new CliProcess(Process.Start(start)!, input, talk);
    }

    /// <summary>Waits for the end; a process that takes longer than the timeout is killed with its children, and the wait fails.</summary>
    public async Task<CliResult> WaitAsync(TimeSpan timeout, CancellationToken cancellation = default)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        both.CancelAfter(timeout);
        try
        {
            await _process.WaitForExitAsync(both.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            var said = $"{await Said(_output)}\n{await Said(_error)}";
            throw new TimeoutException($"{_process.StartInfo.FileName} did not end within {timeout.TotalSeconds:0} s. It said:\n{said}");
        }
        var result = new CliResult(_process.ExitCode, await _output, await _error);
        Interlocked.Exchange(ref _unheard, null)?.RequireNoSecret(result.Output, result.Error);
        return result;
    }

    /// <summary>SIGKILL to this process alone, as the out-of-memory killer does it: no handler of its runs.</summary>
    public void Kill() => _process.Kill();

    /// <summary>SIGINT, as Ctrl-C in a terminal.</summary>
    public void Interrupt() => Send(2);

    /// <summary>SIGTERM, as a service manager.</summary>
    public void Terminate() => Send(15);

    /// <summary>SIGSTOP: it stands still, until <see cref="Resume"/>.</summary>
    public void Suspend() => Send(19);

    /// <summary>SIGCONT.</summary>
    public void Resume() => Send(18);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        if (Interlocked.Exchange(ref _unheard, null) is { } talk && Task.WaitAll([_output, _error], Patience))
            talk.RequireNoSecret(_output.Result, _error.Result);
        _process.Dispose();
    }

    private void Send(int signal)
    {
        if (SendSignal(_process.Id, signal) != 0 && !_process.HasExited)
            throw new InvalidOperationException($"Signal {signal} did not reach process {_process.Id}.");
    }

    /// <summary>What a killed process had said.</summary>
    private static async Task<string> Said(Task<string> stream) =>
        await Task.WhenAny(stream, Task.Delay(Patience)) == stream ? await stream : "(its output is still held open)";

    [DllImport("libc", EntryPoint = "kill"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
