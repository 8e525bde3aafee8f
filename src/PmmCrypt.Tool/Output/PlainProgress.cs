using System.Diagnostics;
using System.Globalization;
using PmmCrypt.Rotation;

namespace PmmCrypt.Tool.Output;

/// <summary>Reports a run in plain lines: for pipes, logs and CI.</summary>
internal sealed class PlainProgress(Talk talk) : IRotationObserver
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _since = Stopwatch.StartNew();
    private RotationPhase? _phase;

    public void Phase(RotationPhase phase)
    {
        if (_phase == phase)
            return;
        _phase = phase;
        talk.Say($"{PhaseNames.Of(phase)} …");
        _since.Restart();
    }

    public void Progress(long rows, long? total)
    {
        if (_since.Elapsed < Interval)
            return;
        _since.Restart();
        talk.Say(total is { } all
            ? string.Create(CultureInfo.InvariantCulture, $"  {rows:N0} of {all:N0} rows")
            : string.Create(CultureInfo.InvariantCulture, $"  {rows:N0} rows"));
    }

    public void Note(string message) => talk.Say(message);

    public void Warn(string message) => talk.Warn(message);

    public void Reached(string step) => StepEvents.Log.Reached(step);
}
