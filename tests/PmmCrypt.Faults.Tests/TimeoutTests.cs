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
        var role = await site.CreateRoleAsync();
        await site.Database.ExecuteAsync($"ALTER ROLE {role} SET {timeout} = '100ms'");
        site.Connection = site.Database.ConnectionStringFor(role);

        (await site.RunAsync("rotate", "--online", "--batch-size", "20")).Ends(0);
        (await site.RunAsync("verify")).Ends(0);
        (await site.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0);

        Assert.Single(site.Keys.Keys);
        await site.RequireAllUnderPrimaryAsync();
    }
}
