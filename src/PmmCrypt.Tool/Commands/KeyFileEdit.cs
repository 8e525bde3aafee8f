using System.CommandLine;
using PmmCrypt.Keysets;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>What the key verbs have in common: an edit of the key file under its lock, and the keyset shown afterwards.</summary>
internal static class KeyFileEdit
{
    /// <summary>The key's id, as <c>key list</c> prints it.</summary>
    public static Argument<uint> Id() => new("ID") { Description = "The key's id, as key list prints it" };

    /// <summary>Edits the key file, and shows the result.</summary>
    /// <param name="run">The call.</param>
    /// <param name="edit">The edit; returns what it did, in words.</param>
    /// <param name="stop">Stops waiting for the lock.</param>
    public static int Apply(ToolRun run, Func<KeysetManager, string> edit, CancellationToken stop)
    {
        using var heldLock = KeyFileLock.Acquire(run.KeyFile.Path, run.LockTimeout, stop);
        using var file = KeyFile.Load(run.KeyFile.Path);
        file.EnsureDurable();
        using var manager = new KeysetManager(file.Keyset);
        var done = edit(manager);
        using var keyset = manager.ToKeyset();
        using var written = file.Replace(keyset, heldLock);
        Show(run.Talk, written);
        run.Talk.Say(done);
        return ExitCode.Done;
    }

    /// <summary>Shows a key file: ids, statuses and check values; no byte of any key.</summary>
    public static void Show(Talk talk, KeyFile file)
    {
        foreach (var warning in file.Warnings)
            talk.Warn(warning);
        if (talk.IsJson)
        {
            JsonReport.Write(talk.Data, ExitCode.Done, json => JsonReport.WriteKeyset(json, file.Keyset));
            return;
        }

        foreach (var key in file.Keyset.Keys)
        {
            var role = key.Id == file.Keyset.Primary.Id ? "primary" : file.Keyset.Waiting.Contains(key) ? "waiting" : "";
            talk.Data.WriteLine($"{key.Id,-10}  {key.Status.ToString().ToUpperInvariant(),-8}  {role,-7}  {key.CheckValue}");
        }
    }
}
