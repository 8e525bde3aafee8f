using Npgsql;
using PmmCrypt.Testing.Faults;

namespace PmmCrypt.Secrecy.Tests;

/// <content>A server that hides, withholds or times out, has no room, or waits for a replica.</content>
internal static partial class Scenarios
{
    /// <summary>What a role may not do, or not see, each said before any key is made.</summary>
    private static async Task RightsAsync(Vault vault)
    {
        const string OnColumns =
            """
            GRANT SELECT ON agents TO {0};
            GRANT UPDATE (username, password, agent_password, aws_options, azure_options, mongo_options, mysql_options, valkey_options)
              ON agents TO {0};
            GRANT SELECT, UPDATE ON backup_locations, settings TO {0};
            """;
        var limited = await vault.CreateRoleAsync(OnColumns);
        await vault.RunAsync(8, "rotate", "--connection", vault.Database.ConnectionStringFor(limited));
        await vault.DropAsync(limited);

        var role = await vault.CreateRoleAsync();
        var connection = vault.Database.ConnectionStringFor(role);
        await vault.Database.ExecuteAsync($"ALTER ROLE {role} SET default_transaction_read_only = on");
        foreach (var verb in new[] { "rotate", "init" }) await vault.RunAsync(8, verb, "--connection", connection);
        await vault.Database.ExecuteAsync(
            $"""
             ALTER ROLE {role} RESET default_transaction_read_only;
             ALTER TABLE agents ENABLE ROW LEVEL SECURITY;
             CREATE POLICY visible ON agents TO {role} USING (agent_type <> 'mysqld_exporter');
             """);
        foreach (var verb in new[] { "rotate", "init" }) await vault.RunAsync(5, verb, "--connection", connection);
        await vault.DropAsync(role);
    }

    /// <summary>A role whose timeouts are shorter than a page takes; then a table that is not free in time.</summary>
    private static async Task TimeoutsAsync(Vault vault)
    {
        var role = await vault.CreateRoleAsync();
        await vault.Database.ExecuteAsync(
            $"""
             ALTER ROLE {role} SET statement_timeout = '100ms';
             ALTER ROLE {role} SET idle_in_transaction_session_timeout = '100ms';
             ALTER ROLE {role} SET lock_timeout = '10ms';
             CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$;
             CREATE TRIGGER slow BEFORE UPDATE ON agents FOR EACH STATEMENT EXECUTE FUNCTION slow();
             """);
        var connection = vault.Database.ConnectionStringFor(role);
        await vault.RunAsync(0, "rotate", "--connection", connection);
        await using (var session = await vault.Database.OpenAsync())
        {
            await using var transaction = await session.BeginTransactionAsync();
            await ExecuteAsync(session, "LOCK TABLE agents IN SHARE MODE");
            await vault.RunAsync(8, "rotate", "--new-key", "--online", "--lock-timeout", "0.5", "--connection", connection);
        }
        await vault.DropAsync(role);
    }

    /// <summary>A standby that is away: its slot says how far it came, which is not far enough.</summary>
    private static async Task ReplicaBehindAsync(Vault vault)
    {
        await vault.Database.ExecuteAsync(
            "ALTER TABLE test.before ALTER username TYPE bytea USING convert_to(username, 'UTF8'); "
            + "SELECT pg_create_physical_replication_slot('away', true)");
        try
        {
            await vault.RunAsync(0, "rotate");
            await vault.RunAsync(5, "rotate", "--prune", "--retain", "0", "--lock-timeout", "0.5");
        }
        finally
        {
            await vault.Database.ExecuteAsync("SELECT pg_drop_replication_slot('away')");
        }
        await vault.RunAsync(0, "rotate", "--prune", "--retain", "0");
    }

    private static async Task ServersDiskFullAsync(Vault vault)
    {
        using var disk = await SmallDisk.MountAsync(megabytes: 4);
        await vault.Database.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{disk.Path}'");
        await vault.Database.ExecuteAsync("ALTER TABLE agents SET TABLESPACE small; ALTER TABLE agents SET (autovacuum_enabled = off)");
        // Whoever looks at the rows of before keeps the server from using their room again.
        await using (var reader = await vault.Database.OpenAsync())
        {
            await using var snapshot = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
            await ExecuteAsync(reader, "SELECT FROM agents");
            disk.Fill();
            await vault.RunAsync(8, "rotate", "--online");
            disk.Free();
        }
        await vault.RunAsync(0, "rotate", "--online");
        await vault.Database.ExecuteAsync("CHECKPOINT");
        vault.Search.RequireNoneBelow(disk.Path);
        await vault.Database.ExecuteAsync("ALTER TABLE agents SET TABLESPACE pg_default");
        await vault.Server.ExecuteAsync("DROP TABLESPACE small");
    }
}
