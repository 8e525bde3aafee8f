using PmmCrypt.Rotation;

namespace PmmCrypt.Tool.Output;

/// <summary>The phases in an operator's words.</summary>
internal static class PhaseNames
{
    public static string Of(RotationPhase phase) => phase switch
    {
        RotationPhase.Plan => "plan: opening every value",
        RotationPhase.Count => "count: sorting values by how they begin",
        RotationPhase.Key => "key: making it durable",
        RotationPhase.Sweep => "sweep: rewriting rows",
        RotationPhase.Settle => "settle: what was written meanwhile",
        RotationPhase.Verify => "verify: opening every value again",
        RotationPhase.Prune => "prune: counting what each key is needed for",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "No such phase."),
    };

    /// <summary>The phase's name in JSON.</summary>
    public static string Key(RotationPhase phase) => phase switch
    {
        RotationPhase.Plan => "plan",
        RotationPhase.Count => "count",
        RotationPhase.Key => "key",
        RotationPhase.Sweep => "sweep",
        RotationPhase.Settle => "settle",
        RotationPhase.Verify => "verify",
        RotationPhase.Prune => "prune",
        _ => throw new ArgumentOutOfRangeException(nameof(phase), phase, "No such phase."),
    };
}
