using System.Text.Json.Nodes;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>
/// First start: the key is made, what is in the clear is encrypted, and PMM's own record is true before the first value is.
/// </summary>
public sealed class InitTests
{
    private static readonly string[] LegacyItems =
    [
        .. new[]
        {
            "agent_password", "aws_options", "azure_options", "mongo_options", "mysql_options", "password", "postgresql_options", "username",
        }.Select(column => $"pmm-managed.agents.{column}"),
    ];

    [Fact]
    public async Task In_the_legacy_format_PMMs_list_is_written_first_and_only_what_that_PMM_reads_is_encrypted()
    {
        using var vault = new PmmVault();
        string? listAtFirstPage = null;

        var (report, format) = await vault.InitAsync(watch: store => store.BeforeReplace = page =>
        {
            if (page == 2)
                listAtFirstPage = vault.Scalar("SELECT settings FROM settings");
        });

        Assert.Equal(StoredFormat.Legacy, format);
        Assert.Equal(0, report.Latest.ClearIn(format));
        Assert.Equal(LegacyItems, Items(listAtFirstPage!));
        using var cipher = vault.Cipher();
        Assert.Equal("password", cipher.Decrypt(vault.Scalar("SELECT password FROM agents WHERE agent_id = 'a'")));
        Assert.Equal("key",
            cipher.Decrypt(vault.Scalar("SELECT json_extract(mysql_options, '$.tls_key') FROM agents WHERE agent_id = 'b'")));
        Assert.Equal("s3 secret", vault.Scalar("SELECT json_extract(s3_config, '$.secret_key') FROM backup_locations"));
        Assert.Equal("then", vault.Scalar("SELECT updated_at FROM agents WHERE agent_id = 'c'"));
        Assert.Equal(5000000000, (long)JsonNode.Parse(vault.Scalar("SELECT settings FROM settings")!)!["metrics_resolutions"]!["hr"]!);
    }

    [Fact]
    public async Task Killed_after_the_list_nothing_is_encrypted_and_the_next_run_finishes()
    {
        using var vault = new PmmVault();

        await Assert.ThrowsAsync<StoreException>(() => vault.InitAsync(watch: store => store.AfterReplace = page =>
        {
            if (page == 1)
                throw new StoreException("killed");
        }));
        Assert.Equal(LegacyItems, Items(vault.Scalar("SELECT settings FROM settings")!));
        Assert.Equal("password", vault.Scalar("SELECT password FROM agents WHERE agent_id = 'a'"));
        var key = File.ReadAllText(vault.KeyPath);

        var (report, _) = await vault.InitAsync();

        Assert.Equal(0, report.Latest.ClearIn(StoredFormat.Legacy));
        Assert.Equal(key, File.ReadAllText(vault.KeyPath));
    }

    [Theory]
    [InlineData(StoredFormat.Legacy)]
    [InlineData(StoredFormat.Envelope)]
    public async Task Killed_at_a_page_the_next_run_finishes_in_the_same_format_with_the_same_key(StoredFormat format)
    {
        using var vault = new PmmVault();

        await Assert.ThrowsAsync<StoreException>(() => vault.InitAsync(Vault.Patient with { Format = format }, store =>
            store.AfterReplace = page =>
            {
                if (page == 2)      // the first is the record's
                    throw new StoreException("killed");
            }));
        var key = File.ReadAllText(vault.KeyPath);

        var (report, again) = await vault.InitAsync();

        Assert.True(report.Plan.Opened > 0 && report.Plan.ClearIn(format) > 0, "some values were encrypted, and others were not yet");
        Assert.Equal(format, again);
        Assert.Equal(0, report.Latest.ClearIn(format));
        Assert.Equal(0, report.Latest.Layered);
        Assert.Equal(key, File.ReadAllText(vault.KeyPath));
        using var cipher = vault.Cipher();
        foreach (var id in new[] { "a", "b", "c" })
            Assert.Equal("password", cipher.Decrypt(vault.Scalar($"SELECT password FROM agents WHERE agent_id = '{id}'")));
    }

    [Fact]
    public async Task The_key_file_is_its_owners_alone()
    {
        using var vault = new PmmVault();

        await vault.InitAsync();

        if (OperatingSystem.IsLinux())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(vault.KeyPath));
    }

    [Fact]
    public async Task Without_a_record_the_values_say_in_which_format_to_encrypt()
    {
        using var vault = new Vault("a", "b");
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });
        vault.Execute("UPDATE accounts SET password = 'secret of b' WHERE id = 'b'");

        await vault.InitAsync();

        Assert.StartsWith("pmm1$", vault.Stored("b"), StringComparison.Ordinal);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task The_list_is_added_to_and_not_replaced()
    {
        using var vault = new PmmVault("""{"encrypted_items": ["pmm-managed.agents.username", "pmm-managed.other.thing"]}""");
        using (var heldLock = KeyFileLock.Acquire(vault.KeyPath, Vault.Moment))
        using (var keyset = KeysetManager.Generate())
        {
            KeyFile.Create(vault.KeyPath, keyset, heldLock).Dispose();
            vault.Execute("UPDATE agents SET username = $1", Vault.Seal(keyset, "user"));
        }

        await vault.InitAsync();

        Assert.Equal([.. LegacyItems, "pmm-managed.other.thing"], Items(vault.Scalar("SELECT settings FROM settings")!));
    }

    [Fact]
    public async Task As_envelopes_every_field_is_encrypted_and_the_key_check_is_there()
    {
        using var vault = new PmmVault();

        var (report, _) = await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });

        Assert.Equal(0, report.Latest.Clear);
        using var cipher = vault.Cipher();
        Assert.Equal("pmm-encryption-key-check",
            cipher.Decrypt(vault.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings")));
        Assert.Equal("s3 secret", cipher.Decrypt(vault.Scalar("SELECT json_extract(s3_config, '$.secret_key') FROM backup_locations")));
        Assert.StartsWith("pmm1$", vault.Scalar("SELECT password FROM agents"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_check_is_rotated_with_the_values()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });

        await using (var store = await vault.OpenAsync())
            await vault.Engine(store).RotateAsync(Vault.Patient, default);

        using var keyset = KeyFile.Load(vault.KeyPath).Keyset;
        using var cipher = new FieldCipher(keyset, StoredFormat.Envelope);
        var check = vault.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings");
        Assert.Equal((keyset.Primary.Id, StoredFormat.Envelope), (cipher.Inspect(check).KeyId, cipher.Inspect(check).Format));
        Assert.Equal("pmm-encryption-key-check", cipher.Decrypt(check));
    }

    [Theory]
    [InlineData(StoredFormat.Legacy)]
    [InlineData(StoredFormat.Envelope)]
    public async Task A_second_run_changes_nothing_and_keeps_the_format(StoredFormat format)
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = format });
        var before = vault.Scalar("SELECT group_concat(password || mysql_options) || (SELECT settings FROM settings) FROM agents");

        var (report, again) = await vault.InitAsync();

        Assert.Equal(format, again);
        Assert.Equal(0, report.RowsReplaced);
        Assert.Equal(before, vault.Scalar("SELECT group_concat(password || mysql_options) || (SELECT settings FROM settings) FROM agents"));
    }

    [Fact]
    public async Task A_database_that_was_brought_to_the_legacy_format_is_one_of_that_format_from_then_on()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });
        // Of what only the later format encrypts there is none: that stays in the clear in the other.
        vault.Execute("UPDATE backup_locations SET s3_config = NULL");
        await using (var store = await vault.OpenAsync())
            await vault.Engine(store).RotateAsync(Vault.Patient with { Format = StoredFormat.Legacy }, default);

        Assert.Null(vault.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings"));
        Assert.Equal(LegacyItems, Items(vault.Scalar("SELECT settings FROM settings")!));
        vault.Execute("INSERT INTO agents (agent_id, password) VALUES ('new', 'in the clear')");
        Assert.Equal(StoredFormat.Legacy, (await vault.InitAsync()).Format);
        using var cipher = vault.Cipher();
        Assert.Equal(StoredFormat.Legacy, cipher.Inspect(vault.Scalar("SELECT password FROM agents WHERE agent_id = 'new'")).Format);
    }

    [Fact]
    public async Task A_dry_run_counts_a_record_that_is_missing_as_work()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });
        vault.Execute("UPDATE settings SET settings = json_remove(settings, '$.encryption_key_check')");
        var dry = Vault.Patient with { Format = StoredFormat.Envelope, DryRun = true };

        Assert.True((await vault.InitAsync(dry)).Report.WouldWrite);
        await vault.InitAsync(dry with { DryRun = false });
        Assert.False((await vault.InitAsync(dry)).Report.WouldWrite);
    }

    [Fact]
    public async Task Who_only_writes_the_record_looks_for_services_too()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });
        vault.Execute("UPDATE settings SET settings = json_remove(settings, '$.encryption_key_check')");

        var refused = await Assert.ThrowsAsync<RotationException>(
            () => vault.InitAsync(watch: store => store.Sessions = _ => [new StoreSession("PMM")]));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Null(vault.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings"));
    }

    [Fact]
    public async Task A_database_of_envelopes_gets_no_legacy_values()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });

        var failure = await Assert.ThrowsAsync<RotationException>(
            () => vault.InitAsync(Vault.Patient with { Format = StoredFormat.Legacy }));

        Assert.Equal(RotationFailure.Refused, failure.Failure);
    }

    [Fact]
    public async Task Without_a_settings_row_nothing_is_encrypted_since_PMM_would_do_it_once_more()
    {
        using var vault = new PmmVault(settings: "");

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.InitAsync());

        Assert.Equal(RotationFailure.Refused, failure.Failure);
        Assert.Equal("password", vault.Scalar("SELECT password FROM agents"));
    }

    [Fact]
    public async Task Where_PMM_has_recorded_encryption_and_the_key_file_is_gone_no_key_is_made()
    {
        using var vault = new PmmVault("""{"encrypted_items": ["pmm-managed.agents.username"]}""");

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.InitAsync());

        Assert.Equal(RotationFailure.Key, failure.Failure);
        Assert.False(File.Exists(vault.KeyPath));
    }

    [Fact]
    public async Task Beside_other_sessions_it_is_refused_before_a_key_is_made()
    {
        using var vault = new PmmVault();

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.InitAsync(
            watch: store => store.Sessions = _ => [new StoreSession("process 1")]));

        Assert.Equal(RotationFailure.Refused, failure.Failure);
        Assert.False(File.Exists(vault.KeyPath));
    }

    [Fact]
    public async Task A_column_that_this_PMM_does_not_have_yet_is_passed_over_and_named()
    {
        using var vault = new PmmVault(agentColumns: "");

        var (report, _) = await vault.InitAsync();

        Assert.Contains("agents.valkey_options", report.Missing);
        Assert.Equal(0, report.Latest.ClearIn(StoredFormat.Legacy));
    }

    [Fact]
    public async Task An_option_column_that_is_a_JSON_string_is_encrypted_within_and_stays_one()
    {
        using var vault = new PmmVault();
        vault.Execute("UPDATE agents SET mysql_options = $1 WHERE agent_id = 'a'", "\"{\\\"tls_key\\\": \\\"key\\\", \\\"n\\\": 1.50}\"");

        await vault.InitAsync();

        var inner = (string)JsonNode.Parse(vault.Scalar("SELECT mysql_options FROM agents WHERE agent_id = 'a'")!)!;
        using var cipher = vault.Cipher();
        Assert.Equal("key", cipher.Decrypt((string)JsonNode.Parse(inner)!["tls_key"]!));
        Assert.EndsWith("\"n\": 1.50}", inner, StringComparison.Ordinal);
    }

    private static string[] Items(string settings) =>
        [.. ((JsonArray)JsonNode.Parse(settings)!["encrypted_items"]!).Select(item => (string)item!)];
}
