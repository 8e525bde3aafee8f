using System.CommandLine;

namespace PmmCrypt.Tool.Commands;

/// <summary>Makes a key the primary, without touching the database.</summary>
internal sealed class KeyPromoteCommand : ToolCommand
{
    private readonly Argument<uint> _id = KeyFileEdit.Id();
    private readonly Option<string?> _output = KeyFileEdit.Output();

    public KeyPromoteCommand(GlobalOptions options)
        : base("promote", "Make a key the primary: the one that encrypts. rotate does this, and brings the values along.", options)
    {
        Add(_id);
        Add(_output);
    }

    protected override Task<int> RunAsync(ToolRun run, CancellationToken stop) => Task.FromResult(KeyFileEdit.Apply(
        run,
        KeyFileEdit.Location(run, _output),
        manager =>
        {
            manager.Promote(run.Get(_id));
            return $"key {run.Get(_id)} is the primary. Stored values are under it once pmm-crypt rotate has run";
        },
        stop));
}
