using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>Down to PMM 3.9 and up to its successor, where a PMM of the other kind has written in between.</summary>
[Trait("Category", "Slow")]
public sealed class OtherPmmTests : IDisposable
{
    private const string Consent = "--i-want-plaintext-in-the-database";

    private readonly TempFolder _folder = new();

    private string KeyFile => _folder["pmm.key"];

    private HandKeyset Keys => HandKeyset.Load(KeyFile);

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("legacy")]
    [InlineData("envelope")]
    public async Task PMM_3_9_ran_on_envelopes_and_laid_a_layer_over_each(string format)
    {
        await using var pmm = await EnvelopesAsync();
        await OtherPmm.StartLegacyAsync(pmm, Keys);
        // And then it wrote: a password in its own format, and what it never encrypts in the clear.
        await SetAsync(pmm, 1, "password", Keys.Seal("new password"));
        pmm.Expect(1, row => row["password"] = "new password");
        await SetAsync(pmm, 9, "valkey_options", "{\"tls\": true, \"ssl_ca\": \"\", \"ssl_cert\": \"\", \"ssl_key\": \"new key\"}");
        pmm.Expect(9, row => (row["valkey_options"]!["ssl_cert"], row["valkey_options"]!["ssl_key"]) = ("", "new key"));

        if (format == "legacy")
        {
            (await RunAsync(pmm, "rotate", "--format", "legacy")).Fails(5);
            (await RunAsync(pmm, "rotate", "--format", "legacy", Consent)).Ends(0).Prints("backup_locations.s3_config.secret_key")
                .Says("encrypted more than once");
            (await pmm.CheckAsync(OpenLegacy, PmmStorage.Legacy)).EnsureAsSeeded();
        }
        else
        {
            (await RunAsync(pmm, "rotate", "--format", "envelope")).Ends(0).Says("encrypted more than once");
            (await RunAsync(pmm, "encrypt")).Ends(0);       // what PMM 3.9 wrote in the clear
            (await pmm.CheckAsync(OpenEnvelope, PmmStorage.Envelope)).EnsureAsSeeded();
        }

        Assert.Equal(2, Keys.Keys.Count);
    }

    [SkippableTheory]
    [InlineData("legacy")]
    [InlineData("envelope")]
    public async Task The_successor_ran_on_what_PMM_3_9_had_written_and_was_killed_halfway(string format)
    {
        await using var pmm = await EnvelopesAsync();
        (await RunAsync(pmm, "rotate", "--format", "legacy", Consent)).Ends(0);
        (await pmm.CheckAsync(OpenLegacy, PmmStorage.Legacy)).EnsureAsSeeded();
        await OtherPmm.StartEnvelopeAsync(pmm, Keys);

        if (format == "legacy")
        {
            (await RunAsync(pmm, "rotate", "--format", "legacy", Consent)).Ends(0);
            (await pmm.CheckAsync(OpenLegacy, PmmStorage.Legacy)).EnsureAsSeeded();
        }
        else
        {
            (await RunAsync(pmm, "rotate", "--format", "envelope")).Ends(0);
            (await pmm.CheckAsync(OpenEnvelope, PmmStorage.Envelope)).EnsureAsSeeded();
        }
    }

    private async Task<PmmDatabase> EnvelopesAsync()
    {
        var server = PostgresServer.Require();
        var keys = HandKeyset.Generate();
        keys.Save(KeyFile);
        return await PmmDatabase.CreateAsync(server, new PmmSeed
        {
            Rows = 120,
            Quirks = true,
            Storage = PmmStorage.Envelope,
            Encrypt = (plaintext, _) => keys.Seal(plaintext, envelope: true),
        });
    }

    private static Task<int> SetAsync(PmmDatabase pmm, int agent, string column, string value) => pmm.Database.ExecuteAsync(
        $"UPDATE agents SET {column} = $1::text{(value[0] == '{' ? "::jsonb" : "")} WHERE agent_id = $2", value, pmm.Rows.AgentId(agent));

    private string OpenLegacy(string stored)
    {
        Assert.False(stored.StartsWith("pmm1$", StringComparison.Ordinal), "It is an envelope.");
        return Keys.OpenPrimary(stored);
    }

    private string OpenEnvelope(string stored)
    {
        Assert.StartsWith("pmm1$", stored, StringComparison.Ordinal);
        return Keys.OpenPrimary(stored);
    }

    private Task<ToolResult> RunAsync(PmmDatabase pmm, params string[] arguments) => PmmCryptProgram.RunAsync(
        [.. arguments, "--connection", pmm.Database.PlainConnectionString, "--key-file", KeyFile]);
}
