using System.CommandLine;
using PmmCrypt.Rotation;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>Opens every value, and changes nothing.</summary>
internal sealed class VerifyCommand : ToolCommand
{
    private readonly Option<bool> _requireEncrypted = RotationCommandOptions.RequireEncrypted();
    private readonly Option<int?> _batchSize = RotationCommandOptions.BatchSize();

    public VerifyCommand(GlobalOptions options)
        : base("verify", "Open every value, and change nothing. Values under older keys are reported, and are no error.", options)
    {
        Add(_requireEncrypted);
        Add(_batchSize);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var options = new RotationOptions { PageSize = RotationCommandOptions.Pages(run.Get(_batchSize)) };
        var inspection = await run.WithEngineAsync(
            async (engine, _) =>
            {
                var inspection = await engine.InspectAsync(options, stop).ConfigureAwait(false);
                engine.RequireReadable(inspection.Census);
                return inspection;
            },
            stop).ConfigureAwait(false);
        var clear = inspection.Census.ClearIn(inspection.Format);
        var exitCode = run.Get(_requireEncrypted) && clear > 0 ? ExitCode.Unreadable : ExitCode.Done;
        if (run.Talk.IsJson)
            JsonReport.Write(run.Talk.Data, exitCode, json => JsonReport.WriteInspection(json, inspection));
        else
            RotationText.WriteOpened(run.Talk, inspection.Census);
        if (exitCode != ExitCode.Done)
            run.Talk.Fail($"{RotationText.Values(clear)} in the clear that should be encrypted", "pmm-crypt init encrypts them");
        return exitCode;
    }
}
