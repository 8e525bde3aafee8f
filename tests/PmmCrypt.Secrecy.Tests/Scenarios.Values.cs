using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Secrecy.Tests;

/// <content>What a rotation and its kin make of values.</content>
internal static partial class Scenarios
{
    private static async Task ReadingAsync(Vault vault)
    {
        await vault.RunAsync(0, "init");
        await vault.RunAsync(0, "init", "--dry-run");
        await vault.RunAsync(0, "status");
        await vault.RunAsync(0, "status", "--require-encrypted");
        await vault.RunAsync(0, "verify", "--batch-size", "1");
        await vault.RunAsync(0, "verify", "--require-encrypted");
        await vault.RunAsync(2, "check");       // the rows of before are ciphertext outside the model
    }

    private static async Task RotateAsync(Vault vault)
    {
        await vault.RunAsync(2, "rotate", "--dry-run");
        await vault.RunAsync(0, "rotate", "--backup", vault["backup.key"]);
        await vault.RunAsync(5, "rotate", "--backup", vault["backup.key"]);
        await vault.RunAsync(1, "rotate", "--backup", vault["none/backup.key"]);
        await vault.RunAsync(0, "rotate", "--new-key", "--batch-size", "1", "--online");
        await vault.RunAsync(0, "key", "add");
        await vault.RunAsync(5, "rotate", "--new-key");
        await vault.RunAsync(0, "rotate");
    }

    private static async Task OtherFormatAsync(Vault vault)
    {
        await vault.RunAsync(0, "rotate", "--format", "envelope");
        await vault.RunAsync(0, "init");
        await vault.RunAsync(0, "status");
        await vault.RunAsync(5, "rotate", "--format", "legacy");        // what only envelopes encrypt would be in the clear
        await vault.RunAsync(2, "rotate", "--format", "legacy", "--i-want-plaintext-in-the-database", "--dry-run");
        await vault.Database.ExecuteAsync("UPDATE agents SET azure_options = to_jsonb(azure_options::text) WHERE azure_options <> '{}'");
        await vault.RunAsync(0, "status");
        await vault.RunAsync(0, "encrypt", "--normalize");
        await vault.RunAsync(5, "init", "--format", "legacy");
    }

    private static async Task PruneAsync(Vault vault)
    {
        await vault.RunAsync(0, "rotate");
        await vault.RunAsync(2, "rotate", "--prune", "--dry-run");
        await vault.RunAsync(5, "rotate", "--prune");       // the rows of before are ciphertext outside the model, until they are bytes
        await vault.Database.ExecuteAsync("ALTER TABLE test.before ALTER username TYPE bytea USING convert_to(username, 'UTF8')");
        await vault.RunAsync(0, "rotate", "--prune");
        await vault.RunAsync(0, "rotate", "--prune");
        await vault.Database.ExecuteAsync(
            "UPDATE agents a SET username = convert_from(b.username, 'UTF8') FROM test.before b WHERE b.agent_id = a.agent_id");
        await vault.RunAsync(4, "rotate");
        await vault.RunAsync(0, "key", "enable", $"{vault.Keys.Keys[0].Id}");
        await vault.RunAsync(0, "rotate", "--prune", "--retain", "0");
        Assert.Single(vault.Keys.Keys);
        await using var writer = await vault.Database.OpenAsync();
        await using var transaction = await writer.BeginTransactionAsync();
        await ExecuteAsync(writer, "UPDATE agents SET listen_port = 1");
        await vault.RunAsync(5, "rotate", "--prune", "--lock-timeout", "0.5");
    }

    private static async Task AsPmmAsync(Vault vault)
    {
        await vault.RunAsPmmAsync(0);
        await vault.RunAsPmmAsync(5, "--prune");        // the rows of before are ciphertext outside the model
        await vault.RunAsPmmAsync(1, "--postgres-name", "no_such_database");
        await vault.RunAsPmmAsync(1, "--no-such-flag");
        await DamageAsync(vault, stored => stored[..^4]);
        await vault.RunAsPmmAsync(3);
        File.Move(vault.KeyFile, vault["elsewhere.key"]);
        await vault.RunAsPmmAsync(3);
    }

    private static async Task IntoTheClearAsync(Vault vault)
    {
        await vault.RunAsync(0, "encrypt");
        await vault.RunAsync(1, "decrypt");
        await vault.RunAsync(2, "decrypt", "--dry-run");
        await using var other = await vault.Database.OpenAsync();
        await vault.RunAsync(5, "decrypt", "--i-want-plaintext-in-the-database");
    }

    private static async Task DamagedValuesAsync(Vault vault)
    {
        var verbs = new Queue<string>([.. Workers.Where(verb => verb != "status"), "rotate --prune"]);
        foreach (var (kind, damage) in Damage.OfValue)
        {
            await DamageAsync(vault, damage);
            foreach (var verb in Next(1, verbs)) await vault.RunAsync(4, verb.Split(' '));
            // A status opens no value whose beginning and length are those of a ciphertext under a key that is there.
            await vault.RunAsync(kind is "key id" or "cut short" ? 4 : 0, "status");
        }
        foreach (var verb in new[] { "encrypt", "rotate" }) await vault.RunAsync(4, verb, "--on-error", "skip");
    }

    private static async Task WrongTypeAsync(Vault vault)
    {
        var verbs = new Queue<string>(Workers);
        foreach (var json in new[] { """{"tls_key": 5}""", """{"tls_key": {"a": "b"}}""", """["x"]""", "5" })
        {
            await vault.Database.ExecuteAsync($"UPDATE agents SET mysql_options = '{json}' WHERE mysql_options IS NOT NULL");
            foreach (var verb in Next(2, verbs)) await vault.RunAsync(4, verb.Split(' '));
        }
        await vault.Database.ExecuteAsync("ALTER TABLE agents ALTER COLUMN mysql_options TYPE text");
        await vault.Database.ExecuteAsync(
            "UPDATE agents SET mysql_options = '{\"tls_key\": \"' || password WHERE mysql_options IS NOT NULL");
        foreach (var verb in Workers) await vault.RunAsync(4, verb.Split(' '));
    }

    private static async Task LayersAsync(Vault vault)
    {
        var keys = vault.Keys;
        var foreign = HandKeyset.Generate();
        var lookAlike = keys.Seal(foreign.Seal(vault.Search.Mark("its own key is lost")));
        var layered = keys.Seal(keys.Seal(vault.Search.Mark("two layers")));
        vault.Search.Add(foreign);
        await vault.Database.ExecuteAsync("UPDATE agents SET username = $1, password = $2 WHERE username IS NOT NULL", layered, lookAlike);
        await vault.RunAsync(0, "status");      // which opens none of them
        await vault.RunAsync(0, "verify");
        await vault.RunAsync(0, "rotate");
    }
}
