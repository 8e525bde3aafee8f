using Npgsql;
using PmmCrypt.Testing.Faults;

namespace PmmCrypt.Faults.Tests;

/// <summary>Timeouts that an administrator has given the role, for work that is not this: all of it runs to its end all the same.</summary>
[Trait("Category", "Slow")]
public sealed class TimeoutTests
{
    [SkippableTheory]
    [InlineData("statement_timeout")]
    [InlineData("idle_in_transaction_session_timeout")]
    public async Task A_role_with_a_short_one_rotates_and_prunes(string timeout)
    {
        await using var site = await Site.EncryptedAsync();
        // Without the trigger nothing of this small table would take longer than the timeout.
        await site.Database.ExecuteAsync(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END $$;
            CREATE TRIGGER slow BEFORE UPDATE ON agents FOR EACH STATEMENT EXECUTE FUNCTION slow();
            """);
        var role = await site.CreateRoleAsync(
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {0}; GRANT UPDATE ON agents, backup_locations, settings TO {0}");
        await site.Database.ExecuteAsync($"ALTER ROLE {role} SET {timeout} = '100ms'");
        site.Connection = site.Database.ConnectionStringFor(role);

        (await site.RunAsync("rotate", "--online", "--batch-size", "20")).Ends(0);
        (await site.RunAsync("verify")).Ends(0);
        (await site.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0);

        Assert.Single(site.Keys.Keys);
        await site.RequireAllUnderPrimaryAsync();
    }

    [SkippableFact]
    public async Task A_role_with_a_short_lock_timeout_waits_for_a_table_as_long_as_it_was_told_to()
    {
        await using var site = await Site.EncryptedAsync();
        var role = await site.CreateRoleAsync();
        await site.Database.ExecuteAsync($"ALTER ROLE {role} SET lock_timeout = '10ms'");
        await using var session = await site.Database.OpenAsync();
        await using var transaction = await session.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("LOCK TABLE agents IN ACCESS EXCLUSIVE MODE", session))
            await command.ExecuteNonQueryAsync();
        site.Connection = site.Database.ConnectionStringFor(role);
        using var run = site.StartRotation("--lock-timeout", "60");

        // Many times as long as the role's own.
        await Waiting.UntilAsync(
            site.Database,
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            + $" AND usename = '{role}' AND clock_timestamp() - query_start > interval '500 ms'",
            run);
        await transaction.CommitAsync();

        (await Site.EndAsync(run)).Ends(0);
        await site.RequireAllUnderPrimaryAsync();
    }
}
