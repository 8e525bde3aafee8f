using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Pmm.Layouts;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>The tool on PMM's database in every layout that it has had since PMM 2.</summary>
[Trait("Category", "Slow")]
public sealed class LayoutTests : IDisposable
{
    private const string Consent = "--i-want-plaintext-in-the-database";

    /// <summary>PMM 3's columns: those that it looks for in the list at its start, whatever the layout was before.</summary>
    private static readonly string[] Listed =
    [
        "agents.agent_password", "agents.aws_options", "agents.azure_options", "agents.mongo_options", "agents.mysql_options",
        "agents.password", "agents.postgresql_options", "agents.username",
    ];

    private static readonly string[] ListedOfAdre =
    [
        "adre_models.api_key", "adre_provisioning.alert_webhook_secret", "adre_provisioning.holmes_api_key",
        "adre_provisioning.pmm_sa_token", "adre_provisioning.servicenow_api_key", "adre_provisioning.servicenow_client_token",
        "adre_provisioning.slack_app_token", "adre_provisioning.slack_bot_token",
    ];

    private readonly TempFolder _folder = new();

    private string KeyFile => _folder["pmm.key"];

    private HandKeyset Keys => HandKeyset.Load(KeyFile);

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(PmmLayout.Pmm2, 13, 0, "agents.valkey_options")]
    [InlineData(PmmLayout.BetweenPmm2AndPmm3, 13, 0, "agents.valkey_options")]
    [InlineData(PmmLayout.Pmm3, 16, 0, "agents.valkey_options")]
    [InlineData(PmmLayout.WithValkey, 16, 2)]
    [InlineData(PmmLayout.Newest, 16, 2)]
    [InlineData(PmmLayout.Adre, 23, 2)]
    public async Task What_is_there_is_encrypted_rotated_opened_and_put_back(
        PmmLayout layout, int secrets, int valkeySecrets, params string[] missing)
    {
        await using var pmm = await PmmLayoutDatabase.CreateAsync(PostgresServer.Require(), layout);
        string[] listed = layout == PmmLayout.Adre ? [.. ListedOfAdre, .. Listed] : Listed;

        (await RunAsync(pmm, "init", "--dry-run")).Ends(2);
        Assert.Equal(0, await pmm.CheckAsync(stored => stored, PmmStorage.Clear));
        (await RunAsync(pmm, "init")).Ends(0).Prints($"encrypted {secrets} values, in the legacy format");
        Assert.Equal(secrets, await pmm.CheckAsync(Legacy, PmmStorage.Legacy));
        Assert.Equal(listed.Select(column => $"{pmm.Database.Name}.{column}"), await pmm.ListedAsync());

        var status = (await RunAsync(pmm, "status", "--require-encrypted", "--json")).Ends(0).Json();
        Assert.Equal(secrets, status.GetProperty("opened").GetInt32());
        Assert.Equal(missing, status.GetProperty("missing").EnumerateArray().Select(name => name.GetString()));
        (await RunAsync(pmm, "verify", "--require-encrypted")).Ends(0);
        (await RunAsync(pmm, "rotate")).Ends(0);
        Assert.Equal(secrets, await pmm.CheckAsync(Legacy, PmmStorage.Legacy));
        (await RunAsync(pmm, "rotate", "--prune", "--retain", "0")).Ends(0);
        Assert.Single(Keys.Keys);
        Assert.Equal(secrets, await pmm.CheckAsync(Legacy, PmmStorage.Legacy));

        (await RunAsync(pmm, "decrypt", Consent)).Ends(0);
        Assert.Equal(0, await pmm.CheckAsync(stored => stored, PmmStorage.Clear));
        Assert.Empty(await pmm.ListedAsync());

        // In the other format PMM encrypts two places more, and what is of the ADRE branch alone is not read.
        var envelopes = secrets - (layout == PmmLayout.Adre ? 7 : 0) + valkeySecrets + 2;
        (await RunAsync(pmm, "encrypt", "--format", "envelope")).Ends(0);
        Assert.Equal(envelopes, await pmm.CheckAsync(Envelope, PmmStorage.Envelope));
        (await RunAsync(pmm, "rotate")).Ends(0);
        Assert.Equal(envelopes, await pmm.CheckAsync(Envelope, PmmStorage.Envelope));
    }

    [SkippableFact]
    public async Task What_was_encrypted_in_PMM_2s_layout_is_where_PMM_3_looks_for_it_after_its_own_migration()
    {
        await using var pmm = await PmmLayoutDatabase.CreateAsync(
            PostgresServer.Require(), PmmLayout.BetweenPmm2AndPmm3, withMySqlTls: false);
        (await RunAsync(pmm, "init")).Ends(0);
        Assert.Equal(12, await pmm.CheckAsync(Legacy, PmmStorage.Legacy));
        await pmm.UpgradeAsync();

        // What is in the list, PMM 3 leaves as it is at its start.
        Assert.Equal(Listed.Select(column => $"{pmm.Database.Name}.{column}"), await pmm.ListedAsync());
        var status = (await RunAsync(pmm, "status", "--require-encrypted", "--json")).Ends(0).Json();
        Assert.Equal((12, 0), (status.GetProperty("opened").GetInt32(), status.GetProperty("missing").GetArrayLength()));
        Assert.Equal(1, status.GetProperty("objectsInStrings").GetInt32());
        (await RunAsync(pmm, "rotate", "--normalize")).Ends(0);

        foreach (var (agent, column, expected) in new[]
        {
            ("rds", "aws_options->>'aws_secret_key'", "secret of aws"), ("rds", "aws_options->>'aws_access_key'", "AKIAsecret"),
            ("mongodb", "mongo_options->>'tls_certificate_key_file_password'", "secret of a file"),
            ("azure", "azure_options->>'client_secret'", "secret/of+azure=="), ("mysql", "username", "secret name"),
        })
        {
            var stored = await pmm.Database.ScalarAsync<string>($"SELECT {column} FROM agents WHERE agent_id = '{agent}'");
            Assert.Equal(expected, Keys.OpenPrimary(stored!));
        }
    }

    [SkippableFact]
    public async Task An_option_column_that_PMM_left_as_a_string_is_read_always_and_is_an_object_where_it_is_asked_for()
    {
        await using var pmm = await PmmLayoutDatabase.CreateAsync(PostgresServer.Require(), PmmLayout.Newest);
        const string Type = "SELECT jsonb_typeof(azure_options) FROM agents WHERE agent_id = 'azure-of-pmm-2'";
        const string Fields =
            "SELECT (CASE jsonb_typeof(azure_options) WHEN 'string' THEN (azure_options #>> '{}')::jsonb ELSE azure_options END "
            + "- 'client_secret' - 'client_id' - 'subscription_id')::text FROM agents WHERE agent_id = 'azure-of-pmm-2'";
        var others = await pmm.Database.ScalarAsync<string>(Fields);
        (await RunAsync(pmm, "init")).Ends(0);
        (await RunAsync(pmm, "rotate")).Ends(0).Says("1 JSON column holds its object within a string");
        Assert.Equal(16, await pmm.CheckAsync(Legacy, PmmStorage.Legacy));
        Assert.Equal("string", await pmm.Database.ScalarAsync<string>(Type));

        (await RunAsync(pmm, "encrypt", "--normalize", "--dry-run")).Ends(2);
        (await RunAsync(pmm, "encrypt", "--normalize")).Ends(0).Prints("1 JSON column holds its object in place of a string");

        Assert.Equal("object", await pmm.Database.ScalarAsync<string>(Type));
        Assert.Equal(others, await pmm.Database.ScalarAsync<string>(Fields));
        Assert.Equal("secret/of+azure==", Keys.OpenPrimary((await pmm.Database.ScalarAsync<string>(
            "SELECT azure_options->>'client_secret' FROM agents WHERE agent_id = 'azure-of-pmm-2'"))!));
        // Nothing else: as a string again, it is what it was.
        await pmm.Database.ExecuteAsync(
            "UPDATE agents SET azure_options = to_jsonb($1::text) WHERE agent_id = 'azure-of-pmm-2'",
            await AsGoWritesItAsync(pmm));
        Assert.Equal(16, await pmm.CheckAsync(Legacy, PmmStorage.Legacy));
        (await RunAsync(pmm, "repair", "--normalize")).Ends(0);
        (await RunAsync(pmm, "encrypt", "--normalize", "--dry-run")).Ends(0);
    }

    [SkippableFact]
    public async Task Tokens_of_the_ADRE_branch_do_not_go_where_no_PMM_is_known_to_read_them()
    {
        await using var pmm = await PmmLayoutDatabase.CreateAsync(PostgresServer.Require(), PmmLayout.Adre);
        (await RunAsync(pmm, "init")).Ends(0);

        (await RunAsync(pmm, "rotate", "--format", "envelope")).Fails(5).Says("adre_models.api_key", "adre_provisioning.slack_bot_token");

        Assert.Equal(23, await pmm.CheckAsync(Legacy, PmmStorage.Legacy));
        Assert.Single(Keys.Keys);
    }

    /// <summary>The options of the row, member by member in the order in which they were seeded, without blanks.</summary>
    private static async Task<string> AsGoWritesItAsync(PmmLayoutDatabase pmm) => (await pmm.Database.ScalarAsync<string>(
        "SELECT '{' || string_agg(to_json(m)::text || ':' || (azure_options->m)::text, ',' ORDER BY n) || '}' FROM agents, "
        + "unnest(ARRAY['subscription_id', 'client_id', 'client_secret', 'tenant_id', 'resource_group']) WITH ORDINALITY u(m, n) "
        + "WHERE agent_id = 'azure-of-pmm-2'"))!;

    private string Legacy(string stored)
    {
        Assert.False(stored.StartsWith("pmm1$", StringComparison.Ordinal), "It is an envelope.");
        return Keys.OpenPrimary(stored);
    }

    private string Envelope(string stored)
    {
        Assert.StartsWith("pmm1$", stored, StringComparison.Ordinal);
        return Keys.OpenPrimary(stored);
    }

    private async Task<ToolResult> RunAsync(PmmLayoutDatabase pmm, params string[] arguments)
    {
        var result = await PmmCryptProgram.RunAsync(
            [.. arguments, "--connection", pmm.Database.PlainConnectionString, "--key-file", KeyFile]);
        foreach (var secret in new[] { "secret of", "AKIAsecret", "nobody's" })
            Assert.DoesNotContain(secret, result.Output + result.Error, StringComparison.Ordinal);
        return result;
    }
}
