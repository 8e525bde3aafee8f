using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>From one of PMM's formats to the other and back, and what is then in the clear.</summary>
[Trait("Category", "Slow")]
public sealed class FormatTests
{
    private const string Consent = "--i-want-plaintext-in-the-database";

    private static readonly string[] LaterFields =
        ["agents.valkey_options.ssl_key", "backup_locations.s3_config.access_key", "backup_locations.s3_config.secret_key"];

    [Fact]
    public async Task What_only_envelopes_encrypt_stops_the_way_back_before_anything_is_written_and_is_named()
    {
        using var service = await EnvelopesAsync();
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);
        service.Remember();

        (await service.RunAsync("rotate", "--format", "legacy")).Fails(5).Says([.. LaterFields, Consent]);
        (await service.RunAsync("rotate", "--format", "legacy", "--dry-run")).Fails(5).Says(LaterFields);
        (await service.RunAsync("rotate", "--format", "legacy", Consent, "--dry-run")).Ends(2)
            .Prints([$"would put into the clear, for a service that reads them so: {string.Join(", ", LaterFields)}"]);

        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));
        Assert.Equal(0, service.Rewritten());
        Assert.StartsWith("pmm1$", S3(service, "secret_key"), StringComparison.Ordinal);
        Assert.NotNull(service.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings"));
    }

    [Fact]
    public async Task With_the_word_of_whoever_runs_it_all_else_is_in_the_legacy_format_under_a_new_key_and_that_is_in_the_clear()
    {
        using var service = await EnvelopesAsync();

        (await service.RunAsync("rotate", "--format", "legacy", Consent)).Ends(0).Prints(
            $"put into the clear, for a service that reads them so: {string.Join(", ", LaterFields)}", "rotated to a new key");

        service.RequireAllUnderPrimary();
        RequireLegacy(service);
        Assert.Equal(2, service.Keys.Keys.Count);
        // And forward again: the same command the other way round, and encrypt for what is in the clear.
        var forward = (await service.RunAsync("rotate", "--format", "envelope", "--json")).Ends(0).Json();
        Assert.Empty(forward.GetProperty("putIntoClear").EnumerateArray());
        (await service.RunAsync("encrypt")).Ends(0).Prints("encrypted 3 values, in the envelope format");
        service.RequireAllUnderPrimary();
        Assert.Equal($"{Service.Marker} of s3", service.Keys.OpenPrimary(S3(service, "secret_key")));
        var back = (await service.RunAsync("rotate", "--format", "legacy", Consent, "--json")).Ends(0).Json();
        Assert.Equal(LaterFields, back.GetProperty("putIntoClear").EnumerateArray().Select(field => field.GetString()));
        RequireLegacy(service);
    }

    [Fact]
    public async Task What_a_run_left_that_was_killed_is_put_into_the_clear_by_the_same_command_without_another_key()
    {
        using var service = await EnvelopesAsync();
        (await service.RunAsync("rotate", "--format", "legacy", Consent)).Ends(0);
        // As the run before left it, had it been killed before this row: off the primary, and an envelope.
        var old = service.Keys.WithPrimary(service.Keys.Keys[0].Id);
        SetS3(service, old.Seal($"{Service.Marker} of s3", envelope: true));

        (await service.RunAsync("rotate", "--format", "legacy")).Fails(5).Says("backup_locations.s3_config.secret_key");
        (await service.RunAsync("rotate", "--format", "legacy", Consent)).Ends(0).Prints("no key was added", "s3_config.secret_key");

        RequireLegacy(service);
        Assert.Equal(2, service.Keys.Keys.Count);
        // Under the primary too: there it is only the format that is left to do.
        SetS3(service, service.Keys.Seal($"{Service.Marker} of s3", envelope: true));
        (await service.RunAsync("rotate", "--format", "legacy", "--prune", Consent)).Ends(0).Prints("s3_config.secret_key");
        RequireLegacy(service);
    }

    [Fact]
    public async Task A_secret_that_would_be_taken_for_a_ciphertext_in_the_clear_stops_it_before_anything_is_written()
    {
        using var service = await EnvelopesAsync();
        var stranger = HandKeyset.Generate();
        SetS3(service, service.Keys.Seal(stranger.Seal("secret"), envelope: true));
        service.Remember();

        (await service.RunAsync("rotate", "--format", "legacy", Consent)).Fails(5)
            .Says("backup_locations l s3_config.secret_key", "looks like a ciphertext", $"{stranger.Primary}");
        // The same in a field that stays encrypted is no reason.
        service.Execute("UPDATE backup_locations SET s3_config = json_remove(s3_config, '$.secret_key')");
        service.StorePassword(1, service.Keys.Seal(stranger.Seal("secret"), envelope: true));

        Assert.Equal(0, service.Rewritten());
        Assert.Single(service.Keys.Keys);
        (await service.RunAsync("rotate", "--format", "legacy", Consent)).Ends(0);
        Assert.Equal("secret", stranger.Open(service.Keys.OpenPrimary(service.StoredPassword(1))).Plaintext);
    }

    [Fact]
    public async Task The_word_alone_is_for_nothing()
    {
        using var service = Service.Encrypted();
        var stored = service.StoredPassword(0);

        (await service.RunAsync("rotate", Consent)).Fails(1).Says("--format");
        (await service.RunAsync("rotate", "--format", "keep", Consent)).Fails(1).Says("--format");

        Assert.Equal(stored, service.StoredPassword(0));
    }

    [Theory]
    [InlineData("rotate", "would add a key")]
    [InlineData("encrypt", "would add no key")]
    [InlineData("init", "would add no key")]
    [InlineData("repair", "dry run: nothing was written")]
    public async Task A_JSON_column_that_is_a_string_becomes_the_object_where_that_is_asked_for(string verb, string would)
    {
        using var service = Service.Encrypted();
        service.Execute("UPDATE agents SET mysql_options = json_quote(mysql_options) WHERE agent_id <> '000001'");
        (await service.RunAsync("status")).Ends(0).Says("2 JSON columns hold their object within a string");
        (await service.RunAsync("rotate")).Ends(0).Says("2 JSON columns hold their object within a string");
        Assert.Equal(2L, service.Scalar("SELECT count(*) FROM agents WHERE json_type(mysql_options) = 'text'"));

        (await service.RunAsync(verb, "--normalize", "--dry-run")).Ends(2).Prints(would, "would write 2 JSON columns as objects");
        Assert.Equal(2L, service.Scalar("SELECT count(*) FROM agents WHERE json_type(mysql_options) = 'text'"));
        (await service.RunAsync(verb, "--normalize")).Ends(0).Prints("2 JSON columns hold their object in place of a string");

        service.RequireAllUnderPrimary();       // every member, in its order, with its digits
        var again = (await service.RunAsync("repair", "--normalize", "--json")).Ends(0).Json();
        Assert.Equal(0, again.GetProperty("normalized").GetInt32());
        Assert.Equal(0, again.GetProperty("plan").GetProperty("objectsInStrings").GetInt32());
    }

    [Fact]
    public async Task An_interrupted_rotation_reads_a_string_that_is_left_although_its_secret_is_under_the_primary()
    {
        using var service = Service.Encrypted();
        (await service.RunAsync("rotate")).Ends(0);
        service.Execute("UPDATE agents SET mysql_options = json_quote(mysql_options) WHERE agent_id = '000001'");
        var old = service.Keys.WithPrimary(service.Keys.Keys[0].Id);
        service.StorePassword(0, old.Seal(Service.Password(0)));

        (await service.RunAsync("rotate", "--normalize")).Ends(0).Prints("no key was added", "in place of a string");

        service.RequireAllUnderPrimary();
    }

    /// <summary>Everything is an envelope, and there is something of each kind that only envelopes encrypt.</summary>
    private static async Task<Service> EnvelopesAsync()
    {
        var service = Service.InTheClear();
        service.Execute($$"""
            UPDATE agents SET valkey_options = '{"tls": true, "ssl_key": "{{Service.Marker}} of valkey"}' WHERE agent_id = '000001';
            INSERT INTO backup_locations VALUES ('l', 'nightly',
              '{"endpoint": "e", "access_key": "{{Service.Marker}} AKIA", "secret_key": "{{Service.Marker}} of s3"}');
            """);
        (await service.RunAsync("init", "--format", "envelope")).Ends(0);
        return service;
    }

    private static string S3(Service service, string member) =>
        (string)service.Scalar($"SELECT json_extract(s3_config, '$.{member}') FROM backup_locations")!;

    /// <summary>In place: what stands around it stays as it is.</summary>
    private static void SetS3(Service service, string stored) =>
        service.Execute($"UPDATE backup_locations SET s3_config = replace(s3_config, '{S3(service, "secret_key")}', '{stored}')");

    private static void RequireLegacy(Service service)
    {
        Assert.Equal(0L, service.Scalar(
            "SELECT (SELECT count(*) FROM agents a WHERE json_array(username, password, mysql_options, valkey_options) LIKE '%pmm1$%') "
            + "+ (SELECT count(*) FROM backup_locations WHERE s3_config LIKE '%pmm1$%')"));
        Assert.Equal(
            $$"""{"endpoint": "e", "access_key": "{{Service.Marker}} AKIA", "secret_key": "{{Service.Marker}} of s3"}""",
            (string)service.Scalar("SELECT s3_config FROM backup_locations")!);
        Assert.Equal(
            $$"""{"tls": true, "ssl_key": "{{Service.Marker}} of valkey"}""",
            (string)service.Scalar("SELECT valkey_options FROM agents WHERE agent_id = '000001'")!);
        Assert.Null(service.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings") as string);
        Assert.Contains("\"pmm.agents.mysql_options\"", (string)service.Scalar("SELECT settings FROM settings")!, StringComparison.Ordinal);
    }
}
