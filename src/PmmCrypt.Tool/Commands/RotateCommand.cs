using System.CommandLine;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Tool.Baseline;
using PmmCrypt.Tool.Output;
using PmmCrypt.Tool.Services;

namespace PmmCrypt.Tool.Commands;

/// <summary>Rotates the key: plan, key, sweep, settle, verify, and prune where asked.</summary>
internal sealed class RotateCommand : ToolCommand
{
    private readonly SweepOptions _sweep;
    private readonly Option<bool> _newKey = new("--new-key")
    {
        Description = "Add a key although a rotation is under way, or with --prune",
    };

    private readonly Option<bool> _join = new("--join")
    {
        Description = "Share the sweep of a rotation that is under way. No key is added: "
            + "without one under way, a waiting key is promoted, or an interrupted rotation finished",
    };

    private readonly Option<bool> _prune = new("--prune")
    {
        Description = "Add no key; bring every value under the primary, then disable the keys that nothing refers to, "
            + "and destroy those long disabled",
    };

    private readonly Option<TimeSpan?> _retain = new("--retain")
    {
        Description = "How long --prune keeps a disabled key, in days, or in hours with an h [default: 7]",
        HelpName = "DAYS",
        CustomParser = Durations.ParseDays,
    };

    private readonly Option<string?> _format = RotationCommandOptions.Format(
        "The format to write values in; PMM 3.0 to 3.9 reads legacy only [default: keep]", "keep", "legacy", "envelope");

    private readonly Option<bool> _consent = RotationCommandOptions.PlaintextConsent(
        "with --format, what only the other format encrypts is then in the clear");

    private readonly Option<string?> _onError = RotationCommandOptions.OnError();
    private readonly Option<uint[]> _acceptKeyLoss = RotationCommandOptions.AcceptKeyLoss();
    private readonly Option<string?> _output = KeyFileEdit.Output();
    private readonly Option<string?> _backup = new("--backup")
    {
        Description = "Write the key file of before into a new file, for its owner alone",
        HelpName = "FILE",
    };

    private readonly Option<string?> _manifest = new("--manifest")
    {
        Description = "Refuse where the assembly's keys and fields are not those of this manifest, which a build wrote beside its own",
        HelpName = "FILE",
    };

    private readonly Option<string?> _restartService = new("--restart-service")
    {
        Description = "Stop this service through supervisorctl before the key is touched, and start it again afterwards, "
            + "also where the rotation failed; for PMM Server: pmm-managed",
        HelpName = "NAME",
    };

    private readonly Option<Uri?> _readyUrl = RotationCommandOptions.ReadyUrl(
        "What the service of --restart-service answers with 2xx once it is ready: waited for after it was started, not only until it runs; "
        + "for PMM Server: http://127.0.0.1:8080/v1/server/readyz");

    public RotateCommand(GlobalOptions options)
        : base(
            "rotate",
            "Re-encrypt every value under a new key. A waiting key is promoted; "
            + "a rotation that was interrupted is finished, without another key.",
            options)
    {
        _sweep = new SweepOptions(this);
        Add(_newKey);
        Add(_join);
        Add(_prune);
        Add(_retain);
        Add(_format);
        Add(_consent);
        Add(_onError);
        Add(_acceptKeyLoss);
        Add(_backup);
        Add(_output);
        Add(_manifest);
        Add(_restartService);
        Add(_readyUrl);
    }

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        if (run.Get(_backup) is { } backup && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(backup))))
            throw new UsageException($"the folder of --backup {backup} does not exist", "make it first, for the key file's owner alone");
        if (run.Get(_backup) is not null && run.Get(_output) is not null)
            throw new UsageException(
                "with --key-output the key file stays as it is", "leave out --backup: the key file of before is still there");
        if (run.Get(_restartService) is not null && run.Get(_output) is not null)
            throw new UsageException(
                "with --key-output the new key file has to be put in its place before the service starts",
                "leave out --restart-service: stop the service, rotate, put the file in its place, start the service");
        if (run.Get(_consent) && RotationCommandOptions.ParseFormat(run.Get(_format)) is null)
            throw new UsageException(
                $"{RotationCommandOptions.Consent} is for a change of format, and none was named",
                "--format legacy is for a service that reads some fields in the clear; pmm-crypt decrypt puts all of them there");
        if (run.Get(_readyUrl) is not null && run.Get(_restartService) is null)
            throw new UsageException("--ready-url is of a service that is started again", "name it with --restart-service, or leave it out");
        if (run.Get(_manifest) is { } manifest)
            ManifestFile.Read(manifest).Require(run.Model);
        var options = _sweep.Read(run) with
        {
            Join = run.Get(_join),
            NewKey = run.Get(_newKey),
            Prune = run.Get(_prune),
            Retain = run.Get(_retain) ?? new RotationOptions().Retain,
            Format = RotationCommandOptions.ParseFormat(run.Get(_format)),
            AllowPlaintext = run.Get(_consent),
            BackupPath = run.Get(_backup),
            SkipUnreadable = run.Get(_onError) == "skip",
            AcceptKeyLoss = run.Get(_acceptKeyLoss) ?? [],
        };
        if (options.AcceptKeyLoss.Count > 0 && run.Get(_output) is not null)
            throw new UsageException(
                "with --key-output the key file stays as it is, and lost values are kept beside the one that is used",
                "leave out --accept-key-loss: rotate with it once the new key file is in its place");
        var decides = options.DryRun || run.Get(_newKey) || run.Get(_prune) || run.Get(_format) is not null
            || run.Get(_backup) is not null || run.Get(_output) is not null || options.AcceptKeyLoss.Count > 0;
        if (run.Get(_join) && decides)
            throw new UsageException(
                "--join shares another run's sweep: what is done to keys and formats, that one decides",
                "leave out --dry-run, --new-key, --prune, --format, --backup, --key-output and --accept-key-loss, or --join");
        var location = KeyFileEdit.Location(run, _output);
        // The database's lock is released when this has returned: a service that is started then may wait for it.
        Task<RotationReport> RotateAsync(RotationOptions how) =>
            run.WithEngineAsync(location, (engine, _) => engine.RotateAsync(how, stop), stop);
        RotationReport report;
        if (run.Get(_restartService) is { } name && !options.DryRun)
        {
            // A rehearsal: what would make the rotation fail is better known before the service is stopped.
            if (!options.Join)
                await RotateAsync(options with { DryRun = true }).ConfigureAwait(false);
            using var ready = run.Get(_readyUrl) is { } url ? new ReadyCheck(url) : null;
            report = await new StoppedService(new SupervisorService(name, ready), run.Talk.Say, run.Talk.Warn)
                .WhileStoppedAsync(() => RotateAsync(options)).ConfigureAwait(false);
        }
        else
        {
            report = await RotateAsync(options).ConfigureAwait(false);
        }

        var exitCode = ExitCode.Of(report, options);
        if (run.Talk.IsJson)
            JsonReport.Write(run.Talk.Data, exitCode, json => JsonReport.WriteReport(json, report, options.DryRun));
        else if (options.DryRun)
            RotationText.WriteDryRun(run.Talk, report);
        else
            RotationText.WriteDone(run.Talk, report);
        RotationText.WriteSkipped(run.Talk, report.Latest);
        return exitCode;
    }
}
