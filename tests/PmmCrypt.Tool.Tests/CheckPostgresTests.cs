using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>A check of PMM's database in PostgreSQL.</summary>
[Trait("Category", "Slow")]
public sealed class CheckPostgresTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task PMMs_own_schema_goes_with_its_model()
    {
        await using var pmm = await SeedAsync();

        (await RunAsync(pmm, "check")).Ends(0).Prints("PMM and the schema agree");
    }

    [SkippableFact]
    public async Task What_does_not_is_found()
    {
        await using var pmm = await SeedAsync();
        await pmm.Database.ExecuteAsync(
            """
            CREATE DOMAIN short AS varchar(64) CHECK (VALUE <> '' AND VALUE <> 'admin');
            ALTER TABLE agents DROP CONSTRAINT agents_agent_password_check, ALTER COLUMN agent_password TYPE short USING NULL,
              ALTER COLUMN username SET DEFAULT 'pmm', ADD CONSTRAINT long CHECK (length(password) >= 8),
              ADD CONSTRAINT keyed CHECK (mysql_options ->> 'tls_key' <> 'x'), ADD COLUMN note varchar(300);
            CREATE UNIQUE INDEX once ON agents (lower(username)) WHERE password IS NOT NULL;
            CREATE INDEX covering ON agents (agent_type) INCLUDE (username);
            UPDATE agents SET note = username;
            """);

        var findings = CheckTests.Findings((await RunAsync(pmm, "check", "--json")).Ends(2).Json());

        Assert.Equal(
            [
                ("unique", "agents", "username"), ("default", "agents", "username"), ("check", "agents", "password"),
                ("tooNarrow", "agents", "agent_password"), ("check", "agents", "agent_password"), ("check", "agents", "mysql_options"),
                ("stray", "public.agents", "note"),
            ],
            findings);
        (await RunAsync(pmm, "check")).Ends(2).Prints(
            "agents.agent_password: its type is short: secrets of up to 15 bytes fit (9 in the envelope format)",
            "ALTER TABLE agents ALTER COLUMN agent_password TYPE text");
    }

    [SkippableFact]
    public async Task A_role_that_may_only_read_may_check()
    {
        await using var pmm = await SeedAsync();
        var role = $"reader_{Guid.NewGuid():N}";
        await pmm.Database.ExecuteAsync($"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}");
        try
        {
            (await RunAsync(pmm, "check", "--connection", pmm.Database.ConnectionStringFor(role))).Ends(0);
        }
        finally
        {
            await pmm.Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    private async Task<PmmDatabase> SeedAsync()
    {
        var server = PostgresServer.Require();
        var keys = HandKeyset.Generate();
        keys.Save(_folder["pmm.key"]);
        return await PmmDatabase.CreateAsync(
            server, new PmmSeed { Rows = 20, Storage = PmmStorage.Legacy, Encrypt = (plaintext, _) => keys.Seal(plaintext) });
    }

    private Task<ToolResult> RunAsync(PmmDatabase pmm, params string[] arguments)
    {
        string[] database = arguments.Contains("--connection") ? [] : ["--connection", pmm.Database.PlainConnectionString];
        return PmmCryptProgram.RunAsync([.. arguments, .. database, "--key-file", _folder["pmm.key"]]);
    }
}
