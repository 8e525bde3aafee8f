using System.CommandLine;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tool.Commands;

/// <summary>Takes the keys of another key file into this one: for nodes whose files drifted apart.</summary>
internal sealed class KeyMergeCommand : ToolCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The other key file" };
    private readonly Option<string?> _output = KeyFileEdit.Output();

    public KeyMergeCommand(GlobalOptions options)
        : base("merge", "Take the keys of another key file into this one. The primary stays.", options)
    {
        Add(_file);
        Add(_output);
    }

    protected override Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        using var other = KeyFile.Load(run.Get(_file));
        return Task.FromResult(KeyFileEdit.Apply(
            run,
            KeyFileEdit.Location(run, _output),
            manager => manager.Merge(other.Keyset) is { Count: > 0 } taken
                ? $"took {string.Join(", ", taken)} from {other.Path}. Back up the key file"
                : $"{other.Path} has no key that was not here",
            stop));
    }
}
