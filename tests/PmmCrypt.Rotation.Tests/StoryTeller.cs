namespace PmmCrypt.Rotation.Tests;

/// <summary>Writes down all that a run says, in its order.</summary>
internal sealed class StoryTeller : IRotationObserver
{
    private readonly List<string> _swept = [];
    private RotationPhase? _phase;

    /// <summary>Phases, steps, notes and warnings.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>The same, one a line.</summary>
    public string Told => string.Join(Environment.NewLine, Lines);

    public IEnumerable<string> Phases =>
        Lines.Where(line => line.StartsWith("phase ", StringComparison.Ordinal)).Select(line => line["phase ".Length..]);

    /// <summary>The progress of sweeping; a count's depends on the order in which its threads end.</summary>
    public IReadOnlyList<string> Swept => _swept;

    /// <summary>Every progress.</summary>
    public List<(long Rows, long? Total)> Progressed { get; } = [];

    /// <summary>Acts at each line, as somebody would who sees it.</summary>
    public Action<string> OnLine { get; set; } = _ => { };

    public void Phase(RotationPhase phase)
    {
        _phase = phase;
        Tell($"phase {phase}");
    }

    public void Progress(long rows, long? total)
    {
        Progressed.Add((rows, total));
        if (_phase is RotationPhase.Sweep or RotationPhase.Settle)
            _swept.Add($"{_phase} {rows} of {total?.ToString() ?? "?"}");
    }

    public void Note(string message) => Tell($"note {message}");

    public void Warn(string message) => Tell($"warn {message}");

    public void Reached(string step) => Tell($"step {step}");

    private void Tell(string line)
    {
        Lines.Add(line);
        OnLine(line);
    }
}
