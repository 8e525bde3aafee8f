using System.CommandLine;

namespace PmmCrypt.Tool.Commands;

/// <summary>Takes a key into use again that was disabled: the way back from a prune.</summary>
internal sealed class KeyEnableCommand : ToolCommand
{
    private readonly Argument<uint> _id = KeyFileEdit.Id();
    private readonly Option<string?> _output = KeyFileEdit.Output();

    public KeyEnableCommand(GlobalOptions options)
        : base("enable", "Let a disabled key open values again.", options)
    {
        Add(_id);
        Add(_output);
    }

    protected override Task<int> RunAsync(ToolRun run, CancellationToken stop) => Task.FromResult(KeyFileEdit.Apply(
        run,
        KeyFileEdit.Location(run, _output),
        manager =>
        {
            manager.Enable(run.Get(_id));
            return $"key {run.Get(_id)} opens values again, for services that load the key file";
        },
        stop));
}
