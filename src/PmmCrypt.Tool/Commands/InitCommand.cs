using System.CommandLine;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>
/// First start or upgrade: makes the key where nothing is encrypted yet, and encrypts what is in the clear. Or the latter alone.
/// </summary>
internal sealed class InitCommand : ToolCommand
{
    private readonly SweepOptions _sweep;
    private readonly Option<string?> _format = RotationCommandOptions.Format(
        "The format to encrypt in [default: what the database already is, else legacy]", "legacy", "envelope");

    private readonly Option<string?> _onError = RotationCommandOptions.OnError();

    private readonly bool _makesKey;

    private InitCommand(string name, string description, bool makesKey, GlobalOptions options)
        : base(name, description, options)
    {
        _makesKey = makesKey;
        _sweep = new SweepOptions(this);
        Add(_format);
        Add(_onError);
    }

    public static InitCommand Init(GlobalOptions options) =>
        new("init", "Make the key if nothing is encrypted yet, and encrypt what is in the clear.", makesKey: true, options);

    public static InitCommand Encrypt(GlobalOptions options) =>
        new("encrypt", "Encrypt what is in the clear, under the key that is there: init, but it never makes a key.", makesKey: false, options);

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var options = _sweep.Read(run) with
        {
            MakeKey = _makesKey,
            Format = RotationCommandOptions.ParseFormat(run.Get(_format)),
            SkipUnreadable = run.Get(_onError) == "skip",
        };
        var (report, format) = await run.WithEngineAsync((engine, _) => engine.InitializeAsync(options, stop), stop).ConfigureAwait(false);
        var exitCode = ExitCode.Of(report, options);
        if (run.Talk.IsJson)
        {
            JsonReport.Write(run.Talk.Data, exitCode, json =>
            {
                json.WriteString("format", format.ToString().ToLowerInvariant());
                JsonReport.WriteReport(json, report, options.DryRun);
            });
            return exitCode;
        }

        if (options.DryRun)
        {
            RotationText.WriteDryRun(run.Talk, report);
            return exitCode;
        }

        var encrypted = report.Plan.ClearIn(format);
        run.Talk.Data.WriteLine(report.Key.Action == KeyAction.Create
            ? $"made the key file {run.KeyFile.Path}, with key {report.PrimaryKeyId}"
            : $"the key file stays as it was; the primary key is {report.PrimaryKeyId}");
        run.Talk.Data.WriteLine(encrypted > 0
            ? $"encrypted {RotationText.Values(encrypted)}, in the {format.ToString().ToLowerInvariant()} format"
            : "nothing was in the clear that is to be encrypted");
        RotationText.WriteNormalized(run.Talk, report);
        RotationText.WriteOpened(run.Talk, report.Latest);
        RotationText.WriteSkipped(run.Talk, report.Latest);
        return exitCode;
    }
}
