using Npgsql;

namespace PmmCrypt.Secrecy.Tests;

/// <content>A database that lets nobody in, or no update through.</content>
internal static partial class Scenarios
{
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
}
