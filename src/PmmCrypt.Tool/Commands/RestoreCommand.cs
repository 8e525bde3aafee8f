using System.CommandLine;
using PmmCrypt.Rotation;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>The way back from --accept-key-loss, once the key is found.</summary>
internal sealed class RestoreCommand : ToolCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The backup file: pmm-encryption-migration-backup-….json" };
    private readonly Option<string[]> _oldKeys = RotationCommandOptions.OldKeys();
    private readonly Option<bool> _dryRun = RotationCommandOptions.DryRun();
    private readonly Option<int?> _batchSize = RotationCommandOptions.BatchSize();
    private readonly Option<Throttle?> _throttle = RotationCommandOptions.Gently();
    private readonly Option<TimeSpan?> _settleTimeout = RotationCommandOptions.SettleTimeout();

    public RestoreCommand(GlobalOptions options)
        : base(
            "restore",
            "Put values back that were moved into a backup file because their key was lost, or that PMM put there: where a key opens them, "
            + "into fields that are as the loss left them, under the primary key.",
            options)
    {
        Add(_file);
        foreach (var option in new Option[] { _oldKeys, _dryRun, _batchSize, _throttle, _settleTimeout })
            Add(option);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var file = run.Get(_file);
        if (!File.Exists(file))
            throw new UsageException($"there is no file {file}", "name the backup file that rotate, repair or PMM has written");
        var defaults = new RotationOptions();
        var options = defaults with
        {
            DryRun = run.Get(_dryRun),
            PageSize = RotationCommandOptions.Pages(run.Get(_batchSize)),
            Throttle = run.Get(_throttle) ?? Throttle.None,
            LockTimeout = run.LockTimeout,
            SettleTimeout = run.Get(_settleTimeout) ?? defaults.SettleTimeout,
        };
        var oldKeys = run.Get(_oldKeys) ?? [];
        var report = await run.WithEngineAsync((engine, _) => engine.RestoreAsync(file, oldKeys, options, stop), stop).ConfigureAwait(false);
        var exitCode = report.Unopened.Count > 0 ? ExitCode.Unreadable
            : (options.DryRun && report.Restored.Count > 0) || !report.IsWhole ? ExitCode.WorkRemains
            : ExitCode.Done;
        if (run.Talk.IsJson)
            JsonReport.Write(run.Talk.Data, exitCode, json => JsonReport.WriteRestoration(json, report, options.DryRun));
        else
            RotationText.WriteRestoration(run.Talk, report, file, options.DryRun);
        return exitCode;
    }
}
