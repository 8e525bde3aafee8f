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

    /// <summary>Adds them to a verb.</summary>
    public SweepOptions(Command verb)
    {
        foreach (var option in new Option[] { _dryRun, _batchSize, _throttle, _online, _settleTimeout })
            verb.Add(option);
    }

    /// <summary>What they say.</summary>
    public RotationOptions Read(ToolRun run) => new()
    {
        DryRun = run.Get(_dryRun),
        PageSize = RotationCommandOptions.Pages(run.Get(_batchSize)),
        Throttle = run.Get(_throttle) ?? Throttle.None,
        Online = run.Get(_online),
        LockTimeout = run.LockTimeout,
        SettleTimeout = run.Get(_settleTimeout) ?? new RotationOptions().SettleTimeout,
    };
}
