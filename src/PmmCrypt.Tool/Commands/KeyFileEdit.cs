using System.CommandLine;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Tool.Output;

namespace PmmCrypt.Tool.Commands;

/// <summary>What the key verbs have in common: an edit of the key file under its lock, and the keyset shown afterwards.</summary>
internal static class KeyFileEdit
{
    /// <summary>The key's id, as <c>key list</c> prints it.</summary>
    public static Argument<uint> Id() => new("ID") { Description = "The key's id, as key list prints it" };

    /// <summary>Where to write the key file, where it cannot be replaced.</summary>
    public static Option<string?> Output() => new("--key-output")
    {
        Description = "Write the keys to this file and leave the key file as it is: for one that cannot be replaced, such as a mounted secret",
        HelpName = "FILE",
    };

    /// <summary>The key file, with the place that <see cref="Output"/> names.</summary>
    public static KeyFileLocation Location(ToolRun run, Option<string?> output)
    {
        if (run.Get(output) is not { } path)
            return run.KeyFile;
        if (Path.GetFullPath(path) == Path.GetFullPath(run.KeyFile.Path))
            throw new UsageException($"--key-output {path} is the key file itself", "leave it out, and the key file is replaced");
        return run.KeyFile with { Output = path };
    }

    /// <summary>Edits the key file, and shows the result.</summary>
    /// <param name="run">The call.</param>
    /// <param name="location">The key file.</param>
    /// <param name="edit">The edit; returns what it did, in words.</param>
    /// <param name="stop">Stops waiting for the lock.</param>
    public static int Apply(ToolRun run, KeyFileLocation location, Func<KeysetManager, string> edit, CancellationToken stop)
    {
        var done = "";
        using var keyset = KeyFileEditor.Edit(
            location, run.LockTimeout, new WarningsOnly(run.Talk), manager => done = edit(manager), stop);
        Show(run.Talk, keyset);
        run.Talk.Say(done);
        if (location.Output is { } output)
            run.Talk.Say($"{location.Path} stays as it is: put {output} in its place, and let every service load it");
        return ExitCode.Done;
    }

    /// <summary>Shows a keyset: ids, statuses and check values; no byte of any key.</summary>
    public static void Show(Talk talk, Keyset keyset)
    {
        if (talk.IsJson)
        {
            JsonReport.Write(talk.Data, ExitCode.Done, json => JsonReport.WriteKeyset(json, keyset));
            return;
        }

        foreach (var key in keyset.Keys)
        {
            var role = key.Id == keyset.Primary.Id ? "primary" : keyset.Waiting.Contains(key) ? "waiting" : "";
            talk.Data.WriteLine($"{key.Id,-10}  {key.Status.ToString().ToUpperInvariant(),-8}  {role,-7}  {key.CheckValue}");
        }
    }
}
