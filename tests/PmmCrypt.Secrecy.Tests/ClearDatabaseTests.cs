namespace PmmCrypt.Secrecy.Tests;

/// <summary>
/// <c>init</c> on a database in the clear, on a cluster of its own: the data folder holds the plaintexts as it did before, but the log, and
/// all that the tool says or leaves, does not.
/// </summary>
[Trait("Category", "Slow")]
public sealed class ClearDatabaseTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>
{
    private static readonly Dictionary<string, Func<Vault, Task>> Scenarios = new()
    {
        ["init"] = async vault =>
        {
            await vault.RunAsync(2, "init", "--dry-run");
            await vault.RunAsync(0, "init", "--batch-size", "2");
            await vault.RunAsync(0, "verify", "--require-encrypted");
            await vault.RunAsync(0, "init", "--format", "envelope");
        },
        ["decrypt and encrypt"] = async vault =>
        {
            await vault.RunAsync(0, "init");
            // What the server writes into its own log are the parameters, as it was told to: of this role it does not.
            var unheard = await vault.UnheardAsync();
            await vault.RunAsync(0, "decrypt", "--i-want-plaintext-in-the-database", "--batch-size", "2", "--connection", unheard);
            await vault.RunAsync(0, "encrypt");
            await vault.Database.ExecuteAsync("UPDATE agents SET username = $1 WHERE username IS NOT NULL", vault.Keys.Seal("pmm1$ecret"));
            await vault.RunAsync(5, "decrypt", "--i-want-plaintext-in-the-database");
        },
        ["no key file"] = async vault =>
        {
            foreach (var verb in new[] { "status", "verify", "rotate" }) await vault.RunAsync(3, verb);
        },
        ["look before it is encrypted"] = async vault =>
        {
            await vault.RunAsync(0, "key", "generate", "--output", vault.KeyFile);
            await vault.RunAsync(2, "status", "--require-encrypted");
            await vault.RunAsync(4, "verify", "--require-encrypted");
            await vault.RunAsync(0, "rotate");
        },
        ["a trigger that quotes the row"] = async vault =>
        {
            foreach (var body in QuotingTriggers.Bodies)
            {
                await QuotingTriggers.CreateAsync(vault.Database, body);
                // What the server writes into its own log is the trigger's doing: it is told to keep this role's failures to itself.
                await vault.RunAsync(8, "init", "--connection", await vault.UnheardAsync());
            }
        },
        ["broken JSON in the clear"] = async vault =>
        {
            await vault.Database.ExecuteAsync("ALTER TABLE agents ALTER COLUMN mysql_options TYPE text");
            string[] all = ["'{\"tls_key\": \"' || username", "username", "'[' || to_json(username) || ']'"];
            foreach (var broken in (string[])[.. all, "'{\"tls_key\": [' || to_json(username) || ']}'"])
            {
                await vault.Database.ExecuteAsync($"UPDATE agents SET mysql_options = {broken} WHERE username IS NOT NULL");
                foreach (var verb in new[] { "init", "init --dry-run" }) await vault.RunAsync(4, verb.Split(' '));
            }
        },
        ["a column that is too narrow"] = async vault =>
        {
            await vault.Database.ExecuteAsync("ALTER TABLE agents ALTER COLUMN username TYPE varchar(120)");
            await vault.RunAsync(8, "init");
        },
        ["a check that the new value breaks"] = async vault =>
        {
            await vault.Database.ExecuteAsync("ALTER TABLE agents ADD CONSTRAINT clear CHECK (username LIKE 'Sesame%')");
            await vault.RunAsync(8, "init");
        },
        ["killed"] = async vault =>
        {
            await using var barrier = await vault.BarrierAsync();
            using (var run = vault.Start("init", "--online", "--batch-size", "2"))
            {
                await barrier.ReachedAsync(run.Process);
                run.Process.Kill();
                await barrier.LiftAsync();
                await vault.EndAsync(run, 128 + 9, "init");
            }
            await vault.RunAsync(0, "init", "--online", "--lock-timeout", "60");
        },
    };

    public static TheoryData<string> Names => [.. Scenarios.Keys];

    [SkippableTheory, MemberData(nameof(Names))]
    public async Task Nothing_secret_leaves_by_init(string scenario)
    {
        await using var vault = await Vault.InTheClearAsync(await fixture.ClusterAsync());
        await Scenarios[scenario](vault);
    }
}
