using System.CommandLine;
using PmmCrypt.Keysets;
using PmmCrypt.Tool.Commands;
using PmmCrypt.Tool.Databases;
using PmmCrypt.Tool.Services;

namespace PmmCrypt.Tool.Compatibility;

/// <summary>The command line of PMM's own tool.</summary>
internal sealed class PmmCommand : RootCommand
{
    /// <summary>Where PMM Server says, within its container and without a login, whether it is ready.</summary>
    private const string PmmReady = "http://127.0.0.1:8080/v1/server/readyz";

    private readonly GlobalOptions _options = new();
    private readonly Option<bool> _generateKey = new("--generate-key")
    {
        Description = "Print a new key, without a line end, and do nothing else",
    };

    private readonly Option<bool> _prune = new("--prune")
    {
        Description = "Afterwards, retire the keys that nothing refers to: they are disabled, and destroyed by a prune a week later",
    };

    private readonly Option<bool> _otherNodesStopped = new("--ha-other-nodes-stopped")
    {
        Description = "In HA mode: PMM Server is stopped on every other node",
    };

    private readonly Option<Uri?> _readyUrl = RotationCommandOptions.ReadyUrl(
        $"What PMM Server answers with 2xx once it is ready: waited for after it was started [default: {PmmReady}]");

    private readonly PmmLog _log;

    public PmmCommand(PmmLog log)
        : base("Stops PMM Server, re-encrypts what its database holds under a new key, and starts it again.")
    {
        _log = log;
        Option[] options =
        [
            _options.PostgresAddr, _options.PostgresName, _options.PostgresUsername, _options.PostgresPassword, _options.PostgresSslMode,
            _options.PostgresSslCaPath, _options.PostgresSslKeyPath, _options.PostgresSslCertPath, _generateKey, _prune, _otherNodesStopped,
            _readyUrl,
        ];
        foreach (var option in options)
            Add(option);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private static bool IsHighlyAvailable =>
        Environment.GetEnvironmentVariable("PMM_HA_ENABLE")?.ToUpperInvariant() is "1" or "T" or "TRUE";

    private async Task<int> RunAsync(ParseResult parsed)
    {
        if (parsed.GetValue(_generateKey))
        {
            using var keyset = KeysetManager.Generate();
            await Console.Out.WriteAsync(InsecureCleartextKeyset.Write(keyset)).ConfigureAwait(false);
            return PmmExitCode.Done;
        }

        var database = DatabaseLocation.Of(PmmConnection.Read(parsed, _options, Prompt.Password));
        if (IsHighlyAvailable && !parsed.GetValue(_otherNodesStopped))
        {
            throw new ServiceNotStoppedException(
                "in HA mode, stop PMM Server on every other node first, and say so with --ha-other-nodes-stopped",
                "or leave the nodes running: docs/ha.md has the steps, with pmm-crypt key add and pmm-crypt rotate");
        }

        var keyFile = KeyFilePaths.Find(null);
        var observer = new PmmObserver(_log, PmmConnection.DatabaseName(parsed, _options));
        using var ready = new ReadyCheck(parsed.GetValue(_readyUrl) ?? new Uri(PmmReady));
        await new PmmRotation(database, keyFile, new SupervisorService("pmm-managed", ready, "PMM Server"), observer, _log)
            .RunAsync(parsed.GetValue(_prune)).ConfigureAwait(false);
        if (IsHighlyAvailable)
            _log.Info($"Copy {keyFile.Path} to every other PMM Server node before starting them");
        return PmmExitCode.Done;
    }
}
