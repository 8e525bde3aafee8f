using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Secrecy.Tests;

/// <content>Keys: the verbs that are about them, and key files that are lost, strange or broken.</content>
internal static partial class Scenarios
{
    private static async Task KeyVerbsAsync(Vault vault)
    {
        var other = HandKeyset.Generate();
        vault.Search.Add(other);
        other.Save(vault["other.key"]);

        await vault.RunAsync(0, "key", "generate");
        await vault.RunAsync(0, "key", "generate", "--output", vault["new.key"]);
        await vault.RunAsync(0, "key", "list");
        await vault.RunAsync(0, "key", "add");
        await vault.RunAsync(0, "key", "promote", $"{vault.Keys.Keys[^1].Id}");
        await vault.RunAsync(2, "status");
        await vault.RunAsync(0, "rotate");
        await vault.RunAsync(0, "key", "merge", vault["other.key"]);
        await vault.RunAsync(0, "key", "disable", $"{other.Primary}");
        await vault.RunAsync(0, "key", "enable", $"{other.Primary}");
        await vault.RunAsync(0, "key", "destroy", $"{other.Primary}");
    }

    private static async Task KeyVerbsRefusedAsync(Vault vault)
    {
        var same = HandKeyset.Generate().WithId(vault.Keys.Primary);
        vault.Search.Add(same);
        same.Save(vault["other.key"]);
        var primary = $"{vault.Keys.Primary}";

        await vault.RunAsync(5, "key", "generate", "--output", vault.KeyFile);
        await vault.RunAsync(5, "key", "merge", vault["other.key"]);
        await vault.RunAsync(5, "key", "promote", "1");
        await vault.RunAsync(5, "key", "destroy", primary);
        await vault.RunAsync(0, "key", "add");
        await vault.RunAsync(5, "key", "add");
        await vault.RunAsync(0, "rotate");
        var old = vault.Keys.Keys[0];
        await vault.Database.ExecuteAsync("UPDATE agents a SET username = b.username FROM test.before b WHERE b.agent_id = a.agent_id");
        await vault.RunAsync(5, "key", "disable", $"{old.Id}");
        await vault.RunAsync(5, "key", "destroy", $"{old.Id}");
        await vault.RunAsync(5, "key", "destroy", $"{old.Id}", "--connection", "Host=127.0.0.1;Port=1");
    }

    private static async Task ForeignKeyAsync(Vault vault)
    {
        File.Move(vault.KeyFile, vault["elsewhere.key"]);
        foreach (var verb in Workers) await vault.RunAsync(3, verb.Split(' '));
        var foreign = HandKeyset.Generate();
        vault.Search.Add(foreign);
        foreign.Save(vault.KeyFile);
        foreach (var verb in Workers) await vault.RunAsync(3, verb.Split(' '));
    }

    private static async Task NoKeyFileAsync(Vault vault)
    {
        var broken = vault["broken.key"];
        var verbs = new Queue<string>(["status", "key merge", "rotate", "init", "key list", "key add", "key merge"]);
        foreach (var (_, bytes) in Damage.OfKeyFile(vault.Keys))
        {
            await File.WriteAllBytesAsync(broken, bytes);
            foreach (var verb in Next(1, verbs))
                await vault.RunAsync(3, verb == "key merge" ? ["key", "merge", broken] : [.. verb.Split(' '), "--key-file", broken]);
            Assert.Equal(bytes, await File.ReadAllBytesAsync(broken));
        }
        await vault.RunAsync(3, "rotate", "--key-file", vault.Scratch);
        // What is a key file all the same: with a new line at its end, behind a link.
        await File.WriteAllTextAsync(vault["real.key"], vault.Keys.ToText() + "\n");
        File.Delete(broken);
        File.CreateSymbolicLink(broken, "real.key");
        await vault.RunAsync(0, "rotate", "--key-file", broken);
    }

    private static async Task LostKeysAsync(Vault vault)
    {
        var lost = HandKeyset.Generate();
        vault.Search.Add(lost);
        lost.Save(vault["lost.key"]);
        const string First = "WHERE agent_id = (SELECT min(agent_id) FROM agents WHERE username IS NOT NULL)";
        var secret = vault.Keys.Open((await vault.Database.ScalarAsync<string>($"SELECT username FROM agents {First}"))!).Plaintext;
        await vault.Database.ExecuteAsync($"UPDATE agents SET username = $1 {First}", vault.Keys.Seal(lost.Seal(lost.Seal(secret))));
        await vault.Database.ExecuteAsync($"UPDATE agents SET password = $1 {First}", lost.Seal(secret));

        await vault.RunAsync(3, "repair", "--old-key", vault["missing.key"]);
        await vault.RunAsync(4, "repair");
        await vault.RunAsync(4, "repair", "--dry-run");
        await vault.RunAsync(0, "key", "find", Path.GetDirectoryName(vault.KeyFile)!, "--write", vault["found.key"]);
        await vault.RunAsync(5, "key", "find", Path.GetDirectoryName(vault.KeyFile)!, "--write", vault["found.key"]);
        await vault.RunAsync(3, "key", "find", vault.Scratch);
        await vault.RunAsync(2, "repair", "--old-key", vault["lost.key"], "--dry-run");
        await vault.RunAsync(0, "repair", "--old-key", vault["lost.key"]);
        await vault.RunAsync(0, "verify");
    }

    private static async Task KeyLossAsync(Vault vault)
    {
        var lost = HandKeyset.Generate();
        vault.Search.Add(lost);
        var key = $"{lost.Primary}";
        const string First = "WHERE agent_id = (SELECT min(agent_id) FROM agents WHERE username IS NOT NULL)";
        await vault.Database.ExecuteAsync(
            $"UPDATE agents SET username = $1, password = $2 {First}", lost.Seal(vault.Search.Mark("a name")),
            lost.Seal(vault.Search.Mark("a password")));

        await vault.RunAsync(4, "rotate");
        await vault.RunAsync(2, "rotate", "--accept-key-loss", key, "--dry-run");
        await vault.RunAsync(5, "rotate", "--accept-key-loss", $"{vault.Keys.Primary}");
        await vault.RunAsync(0, "rotate", "--accept-key-loss", key);
        await vault.Database.ExecuteAsync($"UPDATE agents SET agent_password = $1 {First}", lost.Seal(vault.Search.Mark("another")));
        await vault.RunAsync(0, "repair", "--accept-key-loss", key);
        await vault.RunAsync(0, "verify");
        var backups = Directory.GetFiles(Path.GetDirectoryName(vault.KeyFile)!, "pmm-encryption-migration-backup-*");
        Assert.Equal(2, backups.Length);
        await vault.RunAsync(4, "restore", backups[0]);
        await vault.RunAsync(5, "restore", vault.KeyFile);
        lost.Save(vault["lost.key"]);
        await vault.RunAsync(2, "restore", backups[0], "--old-key", vault["lost.key"], "--dry-run");
        foreach (var backup in backups) await vault.RunAsync(0, "restore", backup, "--old-key", vault["lost.key"]);
        await vault.RunAsync(0, "verify");
    }
}
