using System.CommandLine;
using PmmCrypt.Keysets;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>Makes a key file, on standard output or as a new file.</summary>
internal sealed class KeyGenerateCommand : ToolCommand
{
    private readonly Option<string?> _output = new("--output")
    {
        Description = "Write a new file, readable by its owner alone; an existing file is never overwritten [default: standard output]",
        HelpName = "FILE",
    };

    public KeyGenerateCommand(GlobalOptions options)
        : base("generate", "Make a new key file with one key, as PMM reads it.", options) => Add(_output);

    protected override Task<int> RunAsync(ToolRun run, CancellationToken stop)
    {
        using var keyset = KeysetManager.Generate();
        if (run.Get(_output) is { } path)
        {
            using var heldLock = KeyFileLock.Acquire(path, run.LockTimeout, stop);
            using var file = KeyFile.Create(path, keyset, heldLock);
            KeyFileEdit.Show(run.Talk, file.Keyset);
            run.Talk.Say($"made the key file {path}. Back it up: without it, what is encrypted cannot be read");
        }
        else if (run.Talk.IsJson)
        {
            JsonReport.Write(run.Talk.Data, ExitCode.Done, json =>
            {
                json.WriteString("keyFile", InsecureCleartextKeyset.Write(keyset));
                JsonReport.WriteKeyset(json, keyset);
            });
        }
        else
        {
            run.Talk.Data.WriteLine(InsecureCleartextKeyset.Write(keyset));
            run.Talk.Say("this is a secret: keep it in a file that only PMM's user can read, and back up that file");
        }

        return Task.FromResult(ExitCode.Done);
    }
}
