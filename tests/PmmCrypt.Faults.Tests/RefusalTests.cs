using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Faults;

namespace PmmCrypt.Faults.Tests;

/// <summary>
/// What stands in the way of a rotation is said before any key is made: key file and rows stay as they were, to the byte.
/// </summary>
public sealed class RefusalTests
{
    /// <summary>What nobody has looked into may be under the key that would go.</summary>
    [SkippableFact, Trait("Category", "Slow")]
    public async Task A_role_that_may_read_the_model_alone_rotates_and_prunes_nothing()
    {
        await using var site = await Site.EncryptedAsync();
        site.Connection = site.Database.ConnectionStringFor(await site.CreateRoleAsync());
        (await site.RunAsync("rotate", "--online")).Ends(0);
        var before = await File.ReadAllBytesAsync(site.KeyFile);

        (await site.RunAsync("rotate", "--prune", "--retain", "0")).Fails(5).Says("public.nodes: the role may not read it", "GRANT SELECT");

        Assert.Equal(before, await File.ReadAllBytesAsync(site.KeyFile));
        await site.Database.ExecuteAsync("GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC");
        (await site.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0);
        Assert.Single(site.Keys.Keys);
    }

    [SkippableTheory]
    [InlineData("Port", "1", "cannot reach")]
    [InlineData("Database", "no-such-database", "no-such-database")]
    [InlineData("Username", "no-such-role", "no-such-role")]
    [InlineData("SSL Mode", "Require", "SSL")]
    public async Task A_way_to_the_database_that_leads_nowhere(string setting, string value, string says)
    {
        await using var site = await Site.EncryptedAsync();
        await site.RememberAsync();
        site.Connection = new NpgsqlConnectionStringBuilder(site.Connection) { [setting] = value }.ConnectionString;

        (await site.RunAsync("rotate")).Fails(8).Says(says);
        (await site.RunAsync("init")).Fails(8).Says(says);

        await site.RequireUntouchedAsync();
    }

    [SkippableFact, Trait("Category", "Slow")]
    public async Task A_wrong_password()
    {
        await using var cluster = await PrivateCluster.StartAsync(durable: false, "password_encryption=scram-sha-256");
        await using var site = await Site.EncryptedAsync(cluster);
        var file = await site.Database.ScalarAsync<string>("SHOW hba_file");
        await site.Database.ExecuteAsync(
            $"""
            CREATE ROLE pmm LOGIN SUPERUSER PASSWORD 'the-right-one';
            COPY (VALUES ('host all postgres 127.0.0.1/32 trust'), ('host all all 127.0.0.1/32 scram-sha-256')) TO '{file}';
            SELECT pg_reload_conf();
            """);
        await site.RememberAsync();
        var login = new NpgsqlConnectionStringBuilder(site.Connection) { Username = "pmm", Password = "MARKED-WRONG" };
        await Waiting.UntilAsync(async () => !await IsLetInAsync(login.ConnectionString), "the server has read its new rules");

        site.Connection = login.ConnectionString;
        var result = (await site.RunAsync("rotate")).Fails(8).Says("refused the login", "PGPASSFILE");

        Assert.DoesNotContain("MARKED", result.Error, StringComparison.Ordinal);
        await site.RequireUntouchedAsync();
        login.Password = "the-right-one";
        site.Connection = login.ConnectionString;
        (await site.RunAsync("rotate", "--online")).Ends(0);
    }

    [SkippableTheory]
    [InlineData("rotate")]
    [InlineData("init")]
    public async Task A_right_that_is_missing_on_one_column(string verb)
    {
        await using var site = await ForAsync(verb);
        var role = await site.CreateRoleAsync(
            """
            GRANT SELECT ON agents TO {0};
            GRANT UPDATE (username, password, agent_password, aws_options, azure_options, mongo_options, mysql_options, valkey_options)
              ON agents TO {0};
            GRANT SELECT, UPDATE ON backup_locations, settings TO {0};
            """);
        await RequireRefusedAsync(site, verb, role, 8, "postgresql_options (UPDATE)");
    }

    [SkippableTheory]
    [InlineData("rotate", 5, "row security")]
    [InlineData("init", 8, "row-level security")]      // whether anything is encrypted already is counted first, and counts too few
    public async Task Row_security_that_hides_rows(string verb, int exitCode, string says)
    {
        await using var site = await ForAsync(verb);
        var role = await site.CreateRoleAsync();
        await site.Database.ExecuteAsync(
            "ALTER TABLE agents ENABLE ROW LEVEL SECURITY; "
            + $"CREATE POLICY visible ON agents TO {role} USING (agent_type <> 'mysqld_exporter')");
        await RequireRefusedAsync(site, verb, role, exitCode, says);
    }

    [SkippableTheory]
    [InlineData("rotate", 8)]
    [InlineData("init", 8)]
    public async Task Transactions_that_are_read_only(string verb, int exitCode)
    {
        await using var site = await ForAsync(verb);
        var role = await site.CreateRoleAsync();
        await site.Database.ExecuteAsync($"ALTER ROLE {role} SET default_transaction_read_only = on");
        await RequireRefusedAsync(site, verb, role, exitCode, "read-only");
    }

    [SkippableTheory]
    [InlineData("rotate",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        + "CREATE TRIGGER audit BEFORE UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION f()", "a trigger suppresses it")]
    [InlineData("init",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        + "CREATE TRIGGER audit BEFORE UPDATE ON {0} FOR EACH ROW EXECUTE FUNCTION f()", "a trigger suppresses it")]
    [InlineData("rotate", "ALTER TABLE {0} REPLICA IDENTITY NOTHING; CREATE PUBLICATION p FOR TABLE {0}", "REPLICA IDENTITY")]
    [InlineData("init", "ALTER TABLE {0} REPLICA IDENTITY NOTHING; CREATE PUBLICATION p FOR TABLE {0}", "REPLICA IDENTITY")]
    [InlineData("rotate", "ALTER TABLE {0} DROP CONSTRAINT {0}_pkey CASCADE", "unique")]
    [InlineData("init", "ALTER TABLE {0} DROP CONSTRAINT {0}_pkey CASCADE", "unique")]
    [InlineData("rotate", "CREATE RULE r AS ON UPDATE TO {0} DO INSTEAD NOTHING", "rule ON UPDATE")]
    public async Task A_table_whose_updates_do_not_happen(string verb, string ddl, string says)
    {
        // The last table that is looked at, too: what was found before it must not hide it.
        foreach (var table in new[] { "agents", "backup_locations" })
        {
            await using var site = await ForAsync(verb);
            await site.Database.ExecuteAsync(ddl.Replace("{0}", table, StringComparison.Ordinal));
            await RequireRefusedAsync(site, verb, null, 5, says);
        }
    }

    [SkippableTheory]
    [InlineData("rotate")]
    [InlineData("init")]
    public async Task A_table_that_another_session_keeps_from_being_written(string verb)
    {
        await using var site = await ForAsync(verb);
        await using var session = await site.Database.OpenAsync();
        await using var transaction = await session.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("LOCK TABLE agents IN SHARE MODE", session);
        await command.ExecuteNonQueryAsync();
        await RequireRefusedAsync(site, verb, null, 8, "other sessions stood in the way");
    }

    private static Task<Site> ForAsync(string verb) => verb == "init" ? Site.InTheClearAsync() : Site.EncryptedAsync();

    private static async Task RequireRefusedAsync(Site site, string verb, string? role, int exitCode, string says)
    {
        await site.RememberAsync();
        if (role is not null)
            site.Connection = site.Database.ConnectionStringFor(role);

        (await site.RunAsync(verb, "--online")).Fails(exitCode).Says(says);

        await site.RequireUntouchedAsync();
    }

    private static async Task<bool> IsLetInAsync(string connectionString)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (PostgresException)
        {
            return false;
        }
    }
}
