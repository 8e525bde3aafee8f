using System.Diagnostics;
using Npgsql;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Secrecy.Tests;

/// <summary>What can become of the tool on an encrypted database, by name: each verb, and each way in which it fails.</summary>
internal static class Scenarios
{
    public static Dictionary<string, Func<Vault, Task>> All { get; } = new()
    {
        ["key verbs"] = KeyVerbsAsync,
        ["key verbs that are refused"] = KeyVerbsRefusedAsync,
        ["demo"] = vault => vault.RunAsync(0, "demo", "--folder", Path.Combine(vault.Scratch, "demo")),
        ["init, status and verify"] = ReadingAsync,
        ["rotate in each way"] = RotateAsync,
        ["rotate to the other format"] = OtherFormatAsync,
        ["prune"] = PruneAsync,
        ["another database's key"] = ForeignKeyAsync,
        ["a key file that is none"] = NoKeyFileAsync,
        ["damaged values"] = DamagedValuesAsync,
        ["values of another type"] = WrongTypeAsync,
        ["layers"] = LayersAsync,
        ["keys that are lost and found"] = LostKeysAsync,
        ["keys that are lost for good"] = KeyLossAsync,
        ["as the tool of PMM"] = AsPmmAsync,
        ["into the clear, almost"] = IntoTheClearAsync,
        ["other sessions"] = OtherSessionsAsync,
        ["locked"] = LockedAsync,
        ["interrupted"] = vault => StoppedAsync(vault, run => run.Process.Interrupt(), 6),
        ["terminated"] = vault => StoppedAsync(vault, run => run.Process.Terminate(), 6),
        ["killed"] = vault => StoppedAsync(vault, run => run.Process.Kill(), 128 + 9),
        ["the connection is lost"] = ConnectionLostAsync,
        ["no login, no right, no server"] = NoDatabaseAsync,
        ["a login by a password"] = LoginAsync,
        ["a trigger that quotes the row"] = QuotingTriggersAsync,
        ["obstacles"] = ObstaclesAsync,
        ["nothing there"] = NothingThereAsync,
        ["a wrong command line"] = UsageAsync,
    };

    private static readonly string[] Readers = ["status", "verify", "rotate --dry-run"];
    private static readonly string[] Workers = [.. Readers, "rotate", "init"];

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

    private static async Task ForeignKeyAsync(Vault vault)
    {
        File.Move(vault.KeyFile, vault["elsewhere.key"]);
        foreach (var verb in Workers) await vault.RunAsync(3, verb.Split(' '));
        var foreign = HandKeyset.Generate();
        vault.Search.Add(foreign);
        foreign.Save(vault.KeyFile);
        foreach (var verb in Workers) await vault.RunAsync(3, verb.Split(' '));
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

    private static async Task NoKeyFileAsync(Vault vault)
    {
        var broken = vault["broken.key"];
        var verbs = new Queue<string>(["status", "rotate", "init", "key list", "key add"]);
        foreach (var (_, bytes) in Damage.OfKeyFile(vault.Keys))
        {
            await File.WriteAllBytesAsync(broken, bytes);
            await vault.RunAsync(3, "key", "merge", broken);
            foreach (var verb in Next(1, verbs)) await vault.RunAsync(3, [.. verb.Split(' '), "--key-file", broken]);
            Assert.Equal(bytes, await File.ReadAllBytesAsync(broken));
        }
        await vault.RunAsync(3, "rotate", "--key-file", vault.Scratch);
    }

    private static async Task DamagedValuesAsync(Vault vault)
    {
        var verbs = new Queue<string>([.. Workers.Where(verb => verb != "status"), "rotate --prune"]);
        foreach (var (kind, damage) in Damage.OfValue)
        {
            await DamageAsync(vault, damage);
            foreach (var verb in Next(2, verbs)) await vault.RunAsync(4, verb.Split(' '));
            // A status opens no value whose beginning and length are those of a ciphertext under a key that is there.
            await vault.RunAsync(kind is "key id" or "cut short" ? 4 : 0, "status");
        }
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

    private static async Task OtherSessionsAsync(Vault vault)
    {
        await using var session = await vault.Database.OpenAsync();
        await vault.RunAsync(5, "rotate");
        await vault.RunAsync(0, "rotate", "--online");
        await ExecuteAsync(session, "UPDATE agents SET username = b.username FROM test.before b WHERE b.agent_id = agents.agent_id");
        await using var transaction = await session.BeginTransactionAsync();
        await ExecuteAsync(session, "SELECT FROM agents FOR UPDATE");
        await vault.RunAsync(2, "rotate", "--online", "--settle-timeout", "0.5");
    }

    private static async Task LockedAsync(Vault vault)
    {
        await using (var session = await vault.Database.OpenAsync())
        {
            await using var transaction = await session.BeginTransactionAsync();
            await ExecuteAsync(session, "SELECT pg_advisory_xact_lock(x'504D4D45'::int)");
            await vault.RunAsync(7, "rotate", "--online", "--lock-timeout", "0.3");
            await vault.RunAsync(7, "init", "--online", "--lock-timeout", "0.3");
        }
        using var held = new FileStream(vault.KeyFile + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        using (var run = vault.Start("rotate", "--lock-timeout", "0.3"))
        {
            await run.Process.WaitAsync(TimeSpan.FromMinutes(1));
            held.Dispose();
            await vault.EndAsync(run, 7, "rotate");
        }
    }

    /// <summary>Stopped in the middle of a sweep, in which each row takes its time.</summary>
    private static async Task StoppedAsync(Vault vault, Action<WatchedTool> stop, int exitCode)
    {
        await SlowDownAsync(vault);
        using (var run = vault.Start("rotate", "--online", "--batch-size", "1"))
        {
            await WaitForRewrittenRowAsync(vault, run);
            stop(run);
            await vault.EndAsync(run, exitCode, "rotate");
        }
        await vault.RunAsync(2, "status");
        await vault.RunAsync(0, "rotate", "--online");
    }

    private static async Task ConnectionLostAsync(Vault vault)
    {
        await SlowDownAsync(vault);
        using var run = vault.Start("rotate", "--online", "--batch-size", "1");
        await WaitForRewrittenRowAsync(vault, run);
        await vault.Server.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pmm-crypt'");
        await vault.EndAsync(run, 8, "rotate");
    }

    private static async Task NoDatabaseAsync(Vault vault)
    {
        var role = $"role_{Guid.NewGuid():N}";
        await vault.Database.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        string[] connections =
        [
            vault.Database.ConnectionStringFor(role), vault.Database.ConnectionStringFor("no_such_role"), "Host=127.0.0.1;Port=1",
            new NpgsqlConnectionStringBuilder(vault.Database.PlainConnectionString) { Database = "no_such_database" }.ConnectionString,
        ];
        foreach (var connection in connections)
        {
            foreach (var verb in new[] { "status", "verify", "rotate", "init" }) await vault.RunAsync(8, verb, "--connection", connection);
        }
        await vault.Database.ExecuteAsync($"GRANT SELECT ON agents, backup_locations, settings TO {role}");
        await vault.RunAsync(8, "rotate", "--connection", vault.Database.ConnectionStringFor(role));
        await vault.Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
    }

    /// <summary>The password is a secret as any other, and its file the only place where it may be.</summary>
    private static async Task LoginAsync(Vault vault)
    {
        using var folder = new PmmCrypt.Testing.TempFolder();
        var role = await vault.CreateRoleWithPasswordAsync(vault.Search.Marker);
        var connection = vault.Database.ConnectionStringFor(role);
        foreach (var (password, exitCode) in new[] { (vault.Search.Marker, 0), ($"not {vault.Search.Marker}", 8) })
        {
            await File.WriteAllTextAsync(folder["pgpass"], $"*:*:*:*:{password}\n");
            File.SetUnixFileMode(folder["pgpass"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
            vault.Environment["PGPASSFILE"] = folder["pgpass"];
            foreach (var verb in new[] { "rotate", "status" }) await vault.RunAsync(exitCode, verb, "--connection", connection);
        }
    }

    private static async Task QuotingTriggersAsync(Vault vault)
    {
        foreach (var body in QuotingTriggers.Bodies)
        {
            await QuotingTriggers.CreateAsync(vault.Database, body);
            await vault.RunAsync(8, "rotate");
        }
    }

    private static async Task ObstaclesAsync(Vault vault)
    {
        await vault.Database.ExecuteAsync("ALTER TABLE agents DROP CONSTRAINT agents_pkey CASCADE");
        await vault.RunAsync(5, "rotate");
        await vault.Database.ExecuteAsync("ALTER TABLE agents ADD PRIMARY KEY (agent_id); CREATE PUBLICATION p FOR TABLE agents");
        await vault.Database.ExecuteAsync("ALTER TABLE agents REPLICA IDENTITY NOTHING");
        await vault.RunAsync(5, "rotate");
        await vault.Database.ExecuteAsync(
            """
            DROP PUBLICATION p;
            CREATE FUNCTION suppress() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% %', OLD, NEW; RETURN NULL; END $$;
            CREATE TRIGGER suppress BEFORE UPDATE ON agents FOR EACH ROW EXECUTE FUNCTION suppress();
            """);
        await vault.RunAsync(5, "rotate");
    }

    private static async Task NothingThereAsync(Vault vault)
    {
        await using var empty = await vault.Server.CreateDatabaseAsync();
        foreach (var verb in Workers) await vault.RunAsync(9, [.. verb.Split(' '), "--connection", empty.PlainConnectionString]);
    }

    private static async Task UsageAsync(Vault vault)
    {
        await vault.RunAsync(1, "rotate", "--batch-size", "0");
        await vault.RunAsync(1, "rotate", "--connection", "nonsense");
        await vault.RunAsync(1, "rotate", "--assembly", vault.KeyFile);
        await vault.RunAsync(1, "demo", "--folder", Path.GetDirectoryName(vault.KeyFile)!);
    }

    /// <summary>The next of the verbs, which take turns.</summary>
    private static IEnumerable<string> Next(int count, Queue<string> verbs)
    {
        for (var i = 0; i < count; i++)
        {
            verbs.Enqueue(verbs.Peek());
            yield return verbs.Dequeue();
        }
    }

    private static async Task DamageAsync(Vault vault, Func<string, string> damage)
    {
        const string First = "SELECT agent_id FROM agents WHERE password IS NOT NULL ORDER BY agent_id LIMIT 1";
        var id = await vault.Database.ScalarAsync<string>(First);
        var before = await vault.Database.ScalarAsync<string>("SELECT username FROM test.before WHERE agent_id = $1", id!);
        await vault.Database.ExecuteAsync("UPDATE agents SET username = $1 WHERE agent_id = $2", damage(before!), id!);
    }

    private static async Task SlowDownAsync(Vault vault) => await vault.Database.ExecuteAsync(
        """
        CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END $$;
        CREATE TRIGGER dawdle BEFORE UPDATE ON agents FOR EACH ROW EXECUTE FUNCTION dawdle();
        """);

    private static async Task WaitForRewrittenRowAsync(Vault vault, WatchedTool run)
    {
        var clock = Stopwatch.StartNew();
        const string Rewritten = "SELECT count(*) FROM agents a JOIN test.before b USING (agent_id) WHERE a.username <> b.username";
        while (await vault.Database.ScalarAsync<long>(Rewritten) == 0)
        {
            Assert.False(run.Process.HasExited, "The rotation ended before a row of it was seen.");
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), "No row was rewritten.");
            await Task.Delay(20);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
