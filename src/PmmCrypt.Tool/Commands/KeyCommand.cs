using System.CommandLine;

namespace PmmCrypt.Tool.Commands;

/// <summary>The verbs that look at the key file and edit it.</summary>
internal sealed class KeyCommand : Command
{
    public KeyCommand(GlobalOptions options)
        : base("key", "Look at the key file, and edit it.")
    {
        Add(new KeyGenerateCommand(options));
        Add(new KeyListCommand(options));
        Add(new KeyAddCommand(options));
        Add(new KeyPromoteCommand(options));
        Add(KeyRetireCommand.Disable(options));
        Add(new KeyEnableCommand(options));
        Add(KeyRetireCommand.Destroy(options));
        Add(new KeyMergeCommand(options));
        Add(new KeyFindCommand(options));
    }
}
