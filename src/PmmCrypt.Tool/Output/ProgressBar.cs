using System.Diagnostics;
using PmmCrypt.Rotation;
using Spectre.Console;

namespace PmmCrypt.Tool.Output;

/// <summary>Reports a run as a bar for each phase, on a terminal.</summary>
internal sealed class ProgressBar : IRotationObserver
{
    private readonly IAnsiConsole _console;
    private readonly ProgressContext _context;
    private readonly Dictionary<RotationPhase, ProgressTask> _tasks = [];
    private readonly Lock _turn = new();
    private readonly RemainingColumn _remaining;
    private readonly Stopwatch _inPhase = new();
    private ProgressTask? _current;

    private ProgressBar(IAnsiConsole console, ProgressContext context, RemainingColumn remaining)
    {
        _console = console;
        _context = context;
        _remaining = remaining;
    }

    /// <summary>Shows bars on standard error while <paramref name="run"/> runs.</summary>
    public static Task<T> ShowAsync<T>(Func<IRotationObserver, Task<T>> run)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var remaining = new RemainingColumn();
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new ElapsedTimeColumn(), remaining)
            .StartAsync(async context =>
            {
                var bar = new ProgressBar(console, context, remaining);
                var result = await run(bar).ConfigureAwait(false);
                bar.End();
                return result;
            });
    }

    public void Phase(RotationPhase phase)
    {
        lock (_turn)
        {
            End();
            if (!_tasks.TryGetValue(phase, out _current))
                _tasks.Add(phase, _current = _context.AddTask(Markup.Escape(PhaseNames.Of(phase))));
            _current.IsIndeterminate(true);
            _inPhase.Restart();
        }
    }

    public void Progress(long rows, long? total)
    {
        lock (_turn)
        {
            if (_current is null || total is not > 0)
                return;
            _current.IsIndeterminate(false);
            _current.MaxValue = total.Value;
            _current.Value = rows;
            _remaining.Show(_current, RemainingTime.Of(rows, total, _inPhase.Elapsed));
        }
    }

    public void Note(string message) => _console.MarkupLineInterpolated($"{message}");

    public void Warn(string message) => _console.MarkupLineInterpolated($"[yellow]warning:[/] {message}");

    public void Reached(string step) => StepEvents.Log.Reached(step);

    private void End()
    {
        _remaining.Show(null, null);
        if (_current is null)
            return;
        _current.IsIndeterminate(false);
        _current.Value = _current.MaxValue;
    }
}
