using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Secrecy.Tests;

/// <content>Key files that are written elsewhere, cannot be replaced, or change under a run.</content>
internal static partial class Scenarios
{
    private static async Task KeyOutputAsync(Vault vault)
    {
        var output = vault["new.key"];
        await vault.RunAsync(0, "rotate", "--key-output", output);      // asked for no JSON, which has less to say
        await vault.RunAsync(0, "verify", "--key-file", output);
        await vault.RunAsync(0, "key", "add", "--key-output", vault["waiting.key"]);
        HandKeyset.Generate().Save(output);
        await vault.RunAsync(5, "rotate", "--key-output", output);
        await vault.RunAsync(1, "rotate", "--key-output", vault.KeyFile);
        await vault.RunAsync(3, "key", "add", "--key-output", vault["none/new.key"]);
    }

    /// <summary>Mounted by itself, as a container's is: no other file can take its place.</summary>
    private static async Task BoundKeyFileAsync(Vault vault)
    {
        File.Copy(vault.KeyFile, vault["host.key"]);
        using var bound = Mount.At(vault.KeyFile, "--bind", vault["host.key"]);
        await vault.RunAsync(5, "rotate");
        await vault.RunAsync(5, "key", "add");
        await vault.RunAsync(0, "rotate", "--key-output", vault["new.key"]);
    }

    private static async Task KeyFilesDiskFullAsync(Vault vault)
    {
        var folder = Directory.CreateDirectory(vault["disk"]).FullName;
        using var disk = Mount.At(folder, "-t", "tmpfs", "-o", "size=16k", "tmpfs");
        var keyFile = Path.Combine(folder, "pmm.key");
        vault.Keys.Save(keyFile);
        var rest = Path.Combine(folder, "rest");
        await using (var file = File.Create(rest)) Assert.Throws<IOException>(() => file.Write(new byte[64 * 1024]));
        await vault.RunAsync(5, "rotate", "--key-file", keyFile);
        await vault.RunAsync(5, "key", "add", "--key-file", keyFile);
        File.Delete(rest);
        // Nothing of the file that could not be written has stayed: there is room for it now, and none for two.
        await vault.RunAsync(0, "rotate", "--key-file", keyFile);
        Assert.Equal(2, HandKeyset.Load(keyFile).Keys.Count);
        vault.Search.Add(HandKeyset.Load(keyFile));
    }

    private static async Task ReadOnlyFolderAsync(Vault vault)
    {
        var folder = Directory.CreateDirectory(vault["mounted"]).FullName;
        using var disk = Mount.At(folder, "-t", "tmpfs", "tmpfs");
        var keyFile = Path.Combine(folder, "pmm.key");
        vault.Keys.Save(keyFile);
        (await Cli.RunAsync("mount", ["-o", "remount,ro", folder])).EnsureSuccess();
        await vault.RunAsync(0, "verify", "--key-file", keyFile);
        await vault.RunAsync(5, "rotate", "--key-file", keyFile);
        await vault.RunAsync(5, "key", "add", "--key-file", keyFile);
    }

    /// <summary>The run has read the file, and waits for a table, while a process that knows no lock writes another.</summary>
    private static async Task ChangedKeyFileAsync(Vault vault)
    {
        var others = vault.Keys.WithOlder(HandKeyset.Generate());
        vault.Search.Add(others);
        await using var session = await vault.Database.OpenAsync();
        await using var transaction = await session.BeginTransactionAsync();
        await ExecuteAsync(session, "LOCK TABLE agents IN ACCESS EXCLUSIVE MODE");
        using var run = vault.Start("rotate", "--online");
        await Waiting.UntilAsync(
            vault.Database, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'agents'::regclass)", run.Process);
        others.Save(vault.KeyFile);
        await transaction.RollbackAsync();
        await vault.EndAsync(run, 5, "rotate");
    }
}
