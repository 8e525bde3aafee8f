using System.CommandLine;
using PmmCrypt.Rotation;

namespace PmmCrypt.Tool.Commands;

/// <summary>The options of every verb that rewrites rows.</summary>
internal sealed class SweepOptions
{
    private readonly Option<bool> _dryRun = RotationCommandOptions.DryRun();
    private readonly Option<int?> _batchSize = RotationCommandOptions.BatchSize();
    private readonly Option<Throttle?> _throttle = RotationCommandOptions.Gently();
    private readonly Option<bool> _online = RotationCommandOptions.Online();
    private readonly Option<TimeSpan?> _settleTimeout = RotationCommandOptions.SettleTimeout();
    private readonly Option<bool> _normalize = new("--normalize")
    {
        Description = "Write JSON columns that hold their object within a string, as PMM's migration 107 left some, as the object",
    };

    /// <summary>Adds them to a verb.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="encrypts">
    /// Whether what it writes is for a service that encrypts: one that does not may want its strings as they are.
    /// </param>
    public SweepOptions(Command verb, bool encrypts = true)
    {
        foreach (var option in new Option[] { _dryRun, _batchSize, _throttle, _online, _settleTimeout })
            verb.Add(option);
        if (encrypts)
            verb.Add(_normalize);
    }

    /// <summary>What they say.</summary>
    public RotationOptions Read(ToolRun run) => new()
    {
        DryRun = run.Get(_dryRun),
        PageSize = RotationCommandOptions.Pages(run.Get(_batchSize)),
        Throttle = run.Get(_throttle) ?? Throttle.None,
        Online = run.Get(_online),
        LockTimeout = run.LockTimeout,
        Normalize = run.Get(_normalize),
        SettleTimeout = run.Get(_settleTimeout) ?? new RotationOptions().SettleTimeout,
    };
}
