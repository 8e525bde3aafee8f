using PmmCrypt.Keysets;

namespace PmmCrypt.Tool.Commands;

/// <summary>Shows the keys of the key file.</summary>
internal sealed class KeyListCommand(GlobalOptions options)
    : ToolCommand("list", "Show each key's id, status, and a check value by which two machines' files can be compared aloud.", options)
{
    protected override Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        using var file = KeyFile.Load(run.KeyFile.Path);
        foreach (var warning in file.Warnings)
            run.Talk.Warn(warning);
        KeyFileEdit.Show(run.Talk, file.Keyset);
        return Task.FromResult(ExitCode.Done);
    }
}
