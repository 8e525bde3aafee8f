using System.CommandLine;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>Disables or destroys a key, once the database has shown that no layer of any value is under it.</summary>
internal sealed class KeyRetireCommand : ToolCommand
{
    private readonly Argument<uint> _id = KeyFileEdit.Id();
    private readonly Option<string?> _output = KeyFileEdit.Output();
    private readonly bool _destroy;

    private KeyRetireCommand(string name, string description, bool destroy, GlobalOptions options)
        : base(name, description, options)
    {
        _destroy = destroy;
        Add(_id);
        Add(_output);
    }

    public static KeyRetireCommand Disable(GlobalOptions options) => new(
        "disable", "Keep a key in the file, but let it open nothing. Refused while any stored value needs it.", destroy: false, options);

    public static KeyRetireCommand Destroy(GlobalOptions options) => new(
        "destroy", "Remove a key from the file. Refused while any stored value needs it. The file of before is kept as an archive.",
        destroy: true, options);

    protected override async Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        var location = KeyFileEdit.Location(run, _output);
        RefuseWithoutDatabase(run, location);
        var options = new RotationOptions { LockTimeout = run.LockTimeout };
        try
        {
            var report = await run.WithEngineAsync(
                location, (engine, _) => engine.RetireAsync(run.Get(_id), _destroy, options, stop), stop)
                .ConfigureAwait(false);
            if (run.Talk.IsJson)
                JsonReport.Write(run.Talk.Data, ExitCode.Done, json => JsonReport.WriteRetirement(json, report));
            else
                RotationText.WriteRetirement(run.Talk, report);
            return ExitCode.Done;
        }
        catch (StoreException e) when (e is not (StoreLockedException or StoreBusyException))
        {
            throw new RotationException(
                RotationFailure.Refused,
                $"without the database nobody can say whether a value needs key {run.Get(_id)}: {e.Message}",
                e.Hint ?? "give the database with --connection or the --postgres- options");
        }
    }

    /// <summary>What the key file alone forbids is said before a connection is tried.</summary>
    private void RefuseWithoutDatabase(ToolRun run, KeyFileLocation location)
    {
        using var file = KeyFile.Load(File.Exists(location.Output) ? location.Output : location.Path);
        using var manager = new KeysetManager(file.Keyset);
        if (_destroy)
            manager.Destroy(run.Get(_id));
        else
            manager.Disable(run.Get(_id));
    }
}
