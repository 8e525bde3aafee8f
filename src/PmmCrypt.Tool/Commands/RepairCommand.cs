using System.CommandLine;
using PmmCrypt.Rotation;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>Heals what a rotation cannot alone: values under keys, or under layers of keys, that the key file does not have.</summary>
internal sealed class RepairCommand : ToolCommand
{
    private readonly SweepOptions _sweep;
    private readonly Option<string[]> _oldKeys = RotationCommandOptions.OldKeys();
    private readonly Option<uint[]> _acceptKeyLoss = RotationCommandOptions.AcceptKeyLoss();

    public RepairCommand(GlobalOptions options)
        : base(
            "repair",
            "Open values that the key file alone does not, or not to the end (PMM-15188), with the keys of older files, and bring them under "
            + "the primary key, in one layer. What no key opens stays as it is, is named, and ends with 4.",
            options)
    {
        _sweep = new SweepOptions(this);
        Add(_oldKeys);
        Add(_acceptKeyLoss);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var options = _sweep.Read(run) with { AcceptKeyLoss = run.Get(_acceptKeyLoss) ?? [] };
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
