namespace PmmCrypt.Rotation;

/// <summary>Tells the observer which phase a run is in, and keeps how long each took.</summary>
internal sealed class PhaseClock(IRotationObserver observer, TimeProvider time)
{
    private readonly Dictionary<RotationPhase, TimeSpan> _durations = [];
    private RotationPhase? _current;
    private long _since;

    /// <summary>A phase begins, and the one before ends.</summary>
    public void Begin(RotationPhase phase)
    {
        End();
        _current = phase;
        _since = time.GetTimestamp();
        observer.Phase(phase);
    }

    /// <summary>How long each phase took until now.</summary>
    public IReadOnlyDictionary<RotationPhase, TimeSpan> End()
    {
        if (_current is { } phase)
            _durations[phase] = _durations.GetValueOrDefault(phase) + time.GetElapsedTime(_since);
        _current = null;
        return _durations;
    }
}
