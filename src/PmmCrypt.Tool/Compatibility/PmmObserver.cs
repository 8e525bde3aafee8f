using PmmCrypt.Keysets;
using PmmCrypt.Rotation;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Compatibility;

/// <summary>
/// Tells of a rotation in the lines of PMM's own tool, which scripts look for in this order. That tool decrypted the database in place;
/// where it says so, this one has opened every value in memory.
/// </summary>
internal sealed class PmmObserver(PmmLog log, string database) : IRotationObserver
{
    private readonly HashSet<string> _said = [];
    private RotationPhase? _phase;
    private bool _hasNewKey;

    public void Phase(RotationPhase phase)
    {
        var before = _phase;
        _phase = phase;
        if (phase == RotationPhase.Key && Once("decrypted"))
        {
            log.Info("Every value was opened in memory, and stays encrypted in the database until it is replaced");
            log.Info($"DB {database} is successfully decrypted");
            log.Info("Rotating encryption key");
        }
        else if (before == RotationPhase.Key && _hasNewKey && Once("generated"))
        {
            log.Info("New encryption key generated");
        }
    }

    public void Progress(long rows, long? total)
    {
    }

    public void Note(string message)
    {
        if (Once(message))
            log.Info(message);
    }

    public void Warn(string message)
    {
        if (Once(message))
            log.Warn(message);
    }

    public void Reached(string step)
    {
        // Within that phase the key file is replaced for a new key alone, or to promote one.
        _hasNewKey |= _phase == RotationPhase.Key && step == KeyFileSteps.Renamed;
        StepEvents.Log.Reached(step);
    }

    /// <summary>The rotation is done: every value is under the primary key.</summary>
    public void Done() => log.Info($"DB {database} is successfully encrypted");

    /// <summary>A rehearsal, the rotation and a prune each begin at the beginning: what was said once is not said again.</summary>
    private bool Once(string what) => _said.Add(what);
}
