using PmmCrypt.Testing.Pmm;
using Xunit;

namespace PmmCrypt.Testing.Tests;

/// <summary>A check that cannot fail proves nothing: each kind of damage must be found, and nothing where there is none.</summary>
public sealed class PmmDatabaseTests
{
    private const string Mark = "sealed:";

    [SkippableTheory]
    [InlineData(PmmStorage.Clear)]
    [InlineData(PmmStorage.Legacy)]
    [InlineData(PmmStorage.Envelope)]
    public async Task Finds_nothing_in_a_fresh_database(PmmStorage storage)
    {
        await using var pmm = await SeedAsync(storage);

        var check = (await pmm.CheckAsync(Open)).EnsureAsSeeded();

        Assert.Equal((200, 2), (check.Agents, check.Locations));
        Assert.Equal(storage == PmmStorage.Clear, check.Opened == 0);
    }

    [SkippableFact]
    public async Task Holds_a_database_in_the_clear_to_the_format_it_was_to_be_encrypted_in()
    {
        await using var pmm = await SeedAsync(PmmStorage.Clear);

        var check = await pmm.CheckAsync(Open, PmmStorage.Legacy);

        Assert.Contains(check.Differences, d => d.EndsWith("password: is stored in the clear", StringComparison.Ordinal));
        Assert.Contains(check.Differences, d => d.StartsWith("settings.encrypted_items", StringComparison.Ordinal));
        Assert.DoesNotContain(check.Differences, d => d.Contains("valkey_options", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("UPDATE agents SET password = 'sealed:other' WHERE agent_id = $1", "password: opens to another plaintext")]
    [InlineData("UPDATE agents SET password = 'cut off' WHERE agent_id = $1", "password: does not open: FormatException")]
    [InlineData("UPDATE agents SET password = NULL WHERE agent_id = $1", "password: is null")]
    [InlineData("UPDATE agents SET password = substr(password, 8) WHERE agent_id = $1", "password: is stored in the clear")]
    [InlineData("UPDATE agents SET updated_at = now() WHERE agent_id = $1", "updated_at: has changed")]
    [InlineData("UPDATE agents SET log_level = 'debug' WHERE agent_id = $1", "log_level: has changed")]
    [InlineData("UPDATE agents SET mysql_options = mysql_options - 'future_option' WHERE agent_id = $1", "future_option: is gone")]
    [InlineData("UPDATE agents SET mysql_options = mysql_options - 'tls_key' WHERE agent_id = $1", "tls_key: is gone")]
    [InlineData("UPDATE agents SET mysql_options['table_count'] = '7' WHERE agent_id = $1", "table_count: has changed")]
    [InlineData("UPDATE agents SET mysql_options = to_jsonb(mysql_options::text) WHERE agent_id = $1", "mysql_options: has changed")]
    [InlineData("UPDATE agents SET mysql_options = NULL WHERE agent_id = $1", "mysql_options: has changed")]
    [InlineData("DELETE FROM agents WHERE agent_id = $1", ": is missing")]
    [InlineData("UPDATE agents SET agent_id = $1 || '-2' WHERE agent_id = $1", "-2: is a new row")]
    [InlineData("UPDATE backup_locations SET s3_config['bucket_name'] = '\"x\"' WHERE $1 > ''", "s3_config.bucket_name: has changed")]
    [InlineData("UPDATE settings SET settings = settings - 'metrics_resolutions' WHERE $1 > ''", "metrics_resolutions: has changed")]
    [InlineData("UPDATE settings SET settings = settings - 'encryption_key_check' WHERE $1 > ''", "encryption_key_check: is missing")]
    [InlineData("INSERT INTO schema_migrations SELECT 120 WHERE $1 > ''", "nodes, services, schema_migrations: have changed")]
    public async Task Finds_what_a_tool_must_not_do(string damage, string difference)
    {
        await using var pmm = await SeedAsync(PmmStorage.Envelope);
        Assert.NotEqual(0, await pmm.Database.ExecuteAsync(damage, pmm.Rows.AgentId(3)));

        var check = await pmm.CheckAsync(Open);

        Assert.Contains(check.Differences, d => d.Contains(difference, StringComparison.Ordinal));
        Assert.Throws<InvalidOperationException>(check.EnsureAsSeeded);
    }

    [SkippableFact]
    public async Task Finds_a_new_column()
    {
        await using var pmm = await SeedAsync(PmmStorage.Envelope);
        await pmm.Database.ExecuteAsync("ALTER TABLE agents ADD COLUMN pmmcrypt_state text");

        var check = await pmm.CheckAsync(Open);

        Assert.Equal(200, check.Differences.Count(d => d.EndsWith("pmmcrypt_state: there is a new column", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public async Task Expects_what_the_test_wrote_itself()
    {
        await using var pmm = await SeedAsync(PmmStorage.Envelope);
        const string Change = "UPDATE agents SET password = 'sealed:new', status = 'new' WHERE agent_id = $1";
        await pmm.Database.ExecuteAsync(Change, pmm.Rows.AgentId(3));
        pmm.Expect(3, row => (row["password"], row["status"]) = ("new", "new"));

        (await pmm.CheckAsync(Open)).EnsureAsSeeded();
    }

    [Fact]
    public void Derives_the_same_rows_from_the_same_seed()
    {
        var (one, same, other) = (new PmmRows(new()), new PmmRows(new()), new PmmRows(new() { Word = "other" }));

        Assert.Equal(one.Agent(3).ToJsonString(), same.Agent(3).ToJsonString());
        Assert.NotEqual((string?)one.Agent(3)["password"], (string?)other.Agent(3)["password"]);
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(one.AgentId).Distinct().Count());
    }

    private static Task<PmmDatabase> SeedAsync(PmmStorage storage) => PmmDatabase.CreateAsync(
        PostgresServer.Require(),
        new() { Rows = 200, Quirks = true, Storage = storage, Encrypt = (plaintext, _) => Mark + plaintext });

    private static string Open(string stored) =>
        stored.StartsWith(Mark, StringComparison.Ordinal) ? stored[Mark.Length..] : throw new FormatException("not sealed");
}
