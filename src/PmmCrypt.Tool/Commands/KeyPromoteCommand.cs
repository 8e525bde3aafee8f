using System.CommandLine;

namespace PmmCrypt.Tool.Commands;

/// <summary>Makes a key the primary, without touching the database.</summary>
internal sealed class KeyPromoteCommand : ToolCommand
{
    private readonly Argument<uint> _id = KeyFileEdit.Id();

    public KeyPromoteCommand(GlobalOptions options)
        : base("promote", "Make a key the primary: the one that encrypts. rotate does this, and brings the values along.", options) =>
            Add(_id);

    protected override Task<int> RunAsync(ToolRun run, CancellationToken stop) => Task.FromResult(KeyFileEdit.Apply(
        run,
        manager =>
        {
            manager.Promote(run.Get(_id));
            return $"key {run.Get(_id)} is the primary. Stored values are under it once pmm-crypt rotate has run";
        },
        stop));
}
