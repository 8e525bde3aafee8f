using System.CommandLine;
using PmmCrypt.Rotation;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>Heals what a rotation cannot alone: values under keys, or under layers of keys, that the key file does not have.</summary>
internal sealed class RepairCommand : ToolCommand
{
    private readonly Option<string[]> _oldKeys = new("--old-key")
    {
        Description = "Another key file to open values with, repeatable. The one that PMM left beside the key file (_old.key) is used by itself",
        HelpName = "FILE",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<bool> _dryRun = RotationCommandOptions.DryRun();
    private readonly Option<int?> _batchSize = RotationCommandOptions.BatchSize();
    private readonly Option<Throttle?> _throttle = RotationCommandOptions.Gently();
    private readonly Option<bool> _online = RotationCommandOptions.Online();
    private readonly Option<TimeSpan?> _settleTimeout = RotationCommandOptions.SettleTimeout();

    public RepairCommand(GlobalOptions options)
        : base(
            "repair",
            "Open values that the key file alone does not, or not to the end (PMM-15188), with the keys of older files, and bring them under "
            + "the primary key, in one layer. What no key opens stays as it is, is named, and ends with 4.",
            options)
    {
        Add(_oldKeys);
        Add(_dryRun);
        Add(_batchSize);
        Add(_throttle);
        Add(_online);
        Add(_settleTimeout);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var options = new RotationOptions
        {
            DryRun = run.Get(_dryRun),
            PageSize = RotationCommandOptions.Pages(run.Get(_batchSize)),
            Throttle = run.Get(_throttle) ?? Throttle.None,
            Online = run.Get(_online),
            LockTimeout = run.LockTimeout,
            SettleTimeout = run.Get(_settleTimeout) ?? new RotationOptions().SettleTimeout,
        };
        var oldKeys = run.Get(_oldKeys) ?? [];
        var repair = await run.WithEngineAsync((engine, _) => engine.RepairAsync(oldKeys, options, stop), stop).ConfigureAwait(false);
        var exitCode = ExitCode.Of(repair.Rotation, options);
        if (run.Talk.IsJson)
            JsonReport.Write(run.Talk.Data, exitCode, json => JsonReport.WriteRepair(json, repair, options.DryRun));
        else
            RotationText.WriteRepair(run.Talk, repair, options.DryRun);
        RotationText.WriteSkipped(run.Talk, repair.Rotation.Latest);
        return exitCode;
    }
}
