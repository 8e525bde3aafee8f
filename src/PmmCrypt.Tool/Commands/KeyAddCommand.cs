using System.CommandLine;

namespace PmmCrypt.Tool.Commands;

/// <summary>Adds a key that waits: services that load the file can read what it will encrypt, before it does.</summary>
internal sealed class KeyAddCommand : ToolCommand
{
    private readonly Option<string?> _output = KeyFileEdit.Output();

    public KeyAddCommand(GlobalOptions options)
        : base("add", "Add a key that waits. Let every service and node load the file; rotate then promotes it.", options) => Add(_output);

    protected override Task<int> RunAsync(ToolRun run, CancellationToken stop) => Task.FromResult(KeyFileEdit.Apply(
        run,
        KeyFileEdit.Location(run, _output),
        manager =>
            $"added key {manager.Add()}, which waits. Back up the key file; let every service and node load it; then: pmm-crypt rotate",
        stop));
}
