using System.CommandLine;
using PmmCrypt.Rotation;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>All the way back, for a downgrade to a version that does not encrypt.</summary>
internal sealed class DecryptCommand : ToolCommand
{
    private readonly SweepOptions _sweep;
    private readonly Option<bool> _consent = RotationCommandOptions.PlaintextConsent("every secret is then in the clear");

    public DecryptCommand(GlobalOptions options)
        : base("decrypt", "Put every value into the clear, for a downgrade. The key file stays: backups need it.", options)
    {
        _sweep = new SweepOptions(this, encrypts: false);
        Add(_consent);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var options = _sweep.Read(run);
        if (!options.DryRun && !run.Get(_consent))
            throw new UsageException(
                "decrypt puts every secret into the clear, in the database, its write-ahead log and its backups, and in the server's log where that "
                + "logs statements with their parameters",
                $"--dry-run says how many; if that is what you want: {RotationCommandOptions.Consent}");
        var decryption = await run.WithEngineAsync((engine, _) => engine.DecryptAsync(options, stop), stop).ConfigureAwait(false);
        var exitCode = ExitCode.Of(decryption.Rotation, options);
        if (run.Talk.IsJson)
            JsonReport.Write(run.Talk.Data, exitCode, json => JsonReport.WriteReport(json, decryption.Rotation, options.DryRun));
        else
            WriteText(run, decryption, options.DryRun);
        return exitCode;
    }

    private static void WriteText(ToolRun run, DecryptionReport decryption, bool dryRun)
    {
        if (dryRun)
        {
            run.Talk.Data.WriteLine($"would put {RotationText.Values(decryption.Values)} into the clear"
                + (decryption.WasRecorded ? ", and take out of the service's record that they are encrypted" : ""));
            run.Talk.Data.WriteLine("dry run: nothing was written");
            return;
        }

        run.Talk.Data.WriteLine(decryption.Rotation.WouldWrite
            ? $"verified: {RotationText.Values(decryption.Rotation.Latest.Clear)} in the clear, and none encrypted"
            : "nothing was encrypted");
        run.Talk.Say($"keep the key file {run.KeyFile.Path} as long as a backup of the database holds encrypted values");
    }
}
