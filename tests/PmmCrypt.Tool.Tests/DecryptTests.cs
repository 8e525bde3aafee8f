using System.Text.Json.Nodes;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>All the way back into the clear, and forward again under the key that is there.</summary>
public sealed class DecryptTests
{
    private const string Consent = "--i-want-plaintext-in-the-database";

    [Fact]
    public async Task Every_value_is_in_the_clear_the_record_is_erased_and_encrypt_is_the_way_back()
    {
        using var service = Service.Encrypted();
        service.Execute("UPDATE settings SET settings = json_insert(settings, '$.encrypted_items[#]', 'other.agents.username', '$.kept', json('1.50'))");
        service.Execute($"UPDATE agents SET password = '{service.Keys.Seal(service.StoredPassword(1))}' WHERE agent_id = '000001'");
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);

        (await service.RunAsync("decrypt", Consent)).Ends(0).Prints("9 values in the clear");

        Assert.Equal(Service.Password(0), service.StoredPassword(0));
        Assert.Equal(Service.Password(1), service.StoredPassword(1));
        Assert.Equal(
            $$"""{"tls_ca":"authority","tls_key":"{{Service.Marker}}\n-key-2","future":[1.50,null],"table_count":2}""",
            (string)service.Scalar("SELECT mysql_options FROM agents WHERE agent_id = '000002'")!);
        Assert.Equal(0L, service.Scalar("SELECT count(*) FROM agents WHERE updated_at <> 'then'"));
        var settings = JsonNode.Parse((string)service.Scalar("SELECT settings FROM settings")!)!;
        Assert.Equal("other.agents.username", (string?)Assert.Single(settings["encrypted_items"]!.AsArray()));
        Assert.Equal("1.50", settings["kept"]!.ToJsonString());
        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));
        (await service.RunAsync("decrypt", Consent)).Ends(0).Prints("nothing was encrypted");
        (await service.RunAsync("encrypt")).Ends(0).Prints("the key file stays as it was", "encrypted 9 values");
        service.RequireAllUnderPrimary();
        Assert.Contains("\"pmm.agents.password\"", (string)service.Scalar("SELECT settings FROM settings")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Envelopes_go_into_the_clear_too_with_the_key_check()
    {
        using var service = Service.Encrypted();
        (await service.RunAsync("rotate", "--format", "envelope")).Ends(0);
        Assert.Contains("encryption_key_check", (string)service.Scalar("SELECT settings FROM settings")!, StringComparison.Ordinal);

        (await service.RunAsync("decrypt", Consent)).Ends(0);

        Assert.Equal(Service.Password(0), service.StoredPassword(0));
        Assert.DoesNotContain("encryption_key_check", (string)service.Scalar("SELECT settings FROM settings")!, StringComparison.Ordinal);
        (await service.RunAsync("encrypt", "--format", "legacy")).Ends(0);
        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Without_the_word_of_whoever_runs_it_nothing_is_written()
    {
        using var service = Service.Encrypted();
        var stored = service.StoredPassword(0);

        (await service.RunAsync("decrypt")).Fails(1).Says(Consent);
        (await service.RunAsync("decrypt", "--dry-run")).Ends(2).Prints("would put 9 values into the clear");

        Assert.Equal(stored, service.StoredPassword(0));
    }

    [Fact]
    public async Task What_does_not_open_or_would_be_taken_for_a_ciphertext_stops_it()
    {
        using var service = Service.Encrypted();
        var settings = service.Scalar("SELECT settings FROM settings");
        var stranger = HandKeyset.Generate();
        var stored = service.StoredPassword(0);
        service.Execute($"UPDATE agents SET password = '{service.Keys.Seal(stranger.Seal("a secret"))}' WHERE agent_id = '000001'");
        (await service.RunAsync("decrypt", Consent)).Fails(5).Says("agents 000001 password", "looks like a ciphertext", $"{stranger.Primary}");
        service.Execute($"UPDATE agents SET password = '{stranger.Seal("a secret")}' WHERE agent_id = '000001'");
        (await service.RunAsync("decrypt", Consent)).Fails(4).Says("agents 000001 password");

        Assert.Equal(stored, service.StoredPassword(0));
        Assert.Equal(settings, service.Scalar("SELECT settings FROM settings"));
    }

    [Theory]
    [InlineData("'pmm1$ecret'", "begins as a ciphertext does")]
    [InlineData("'before' || char(0) || 'after'", "holds a NUL")]
    public async Task What_could_not_be_read_back_in_the_clear_stops_it_before_anything_is_written(string secret, string why)
    {
        using var service = Service.Encrypted();
        var plaintext = (string)service.Scalar($"SELECT {secret}")!;
        service.Execute($"UPDATE agents SET password = '{service.Keys.Seal(plaintext)}' WHERE agent_id = '000001'");
        var stored = service.StoredPassword(0);

        (await service.RunAsync("decrypt", Consent)).Fails(5).Says("agents 000001 password", why);

        Assert.Equal(stored, service.StoredPassword(0));
    }

    [Fact]
    public async Task Where_nothing_is_recorded_there_is_nothing_to_erase()
    {
        using var service = Service.Encrypted();
        service.Execute("DELETE FROM settings");

        (await service.RunAsync("decrypt", "--dry-run")).Ends(2).Prints("would put 9 values into the clear");
        (await service.RunAsync("decrypt", Consent)).Ends(0);

        Assert.Equal(Service.Password(0), service.StoredPassword(0));
        (await service.RunAsync("decrypt", Consent)).Ends(0).Prints("nothing was encrypted");
    }

    [Fact]
    public async Task Where_the_record_alone_is_left_it_is_erased()
    {
        using var service = Service.InTheClear();
        HandKeyset.Generate().Save(service.KeyFile);
        service.Execute("UPDATE settings SET settings = json_set(settings, '$.encrypted_items', json('[\"pmm.agents.username\"]'))");

        (await service.RunAsync("decrypt", "--dry-run")).Ends(2).Prints("would put 0 values into the clear", "record");
        (await service.RunAsync("decrypt", Consent)).Ends(0);

        Assert.Contains("\"encrypted_items\":[]", (string)service.Scalar("SELECT settings FROM settings")!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Encrypt_makes_no_key()
    {
        using var service = Service.InTheClear();

        (await service.RunAsync("encrypt")).Fails(3);

        Assert.False(File.Exists(service.KeyFile));
        Assert.Equal(Service.Password(0), service.StoredPassword(0));
    }
}
