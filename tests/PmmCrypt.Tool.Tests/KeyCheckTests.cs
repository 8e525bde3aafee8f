using System.Text.Json.Nodes;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>By what a database tells whose key it needs, where hardly anything in it is encrypted: the key check, one member.</summary>
public sealed class KeyCheckTests
{
    private const string Text = "pmm-encryption-key-check";

    private readonly HandKeyset _keys = HandKeyset.Generate();

    [Theory]
    [InlineData("init")]
    [InlineData("rotate")]
    [InlineData("verify")]
    public async Task The_key_check_alone_refuses_another_key(string verb)
    {
        using var service = InTheClear(_keys.Seal(Text, envelope: true));
        HandKeyset.Generate().Save(service.KeyFile);
        var settings = service.Scalar("SELECT settings FROM settings");

        (await service.RunAsync(verb)).Fails(3).Says("the key file is not this database's");

        Assert.Equal(settings, service.Scalar("SELECT settings FROM settings"));
        Assert.Equal(Service.Password(0), service.StoredPassword(0));
        Assert.Single(service.Keys.Keys);
    }

    [Fact]
    public async Task Without_a_key_file_the_key_check_alone_keeps_one_from_being_made()
    {
        using var service = InTheClear(_keys.Seal(Text, envelope: true));

        (await service.RunAsync("init")).Fails(3).Says("there is no key file", "restore the key file");

        Assert.False(File.Exists(service.KeyFile));
        Assert.Equal(Service.Password(0), service.StoredPassword(0));
    }

    [Fact]
    public async Task So_does_one_encrypted_member_of_one_option_column()
    {
        using var service = Service.InTheClear();
        service.Execute(
            $"UPDATE agents SET mysql_options = json_set(mysql_options, '$.tls_key', '{_keys.Seal("key")}') WHERE agent_id = '000002'");

        (await service.RunAsync("init")).Fails(3).Says("there is no key file", "1 values");

        Assert.False(File.Exists(service.KeyFile));
    }

    [Fact]
    public async Task It_goes_with_the_rotation_and_is_never_under_two_layers()
    {
        using var service = InTheClear(_keys.Seal(_keys.Seal(Text, envelope: true), envelope: true));
        _keys.Save(service.KeyFile);

        (await service.RunAsync("init")).Ends(0);
        (await service.RunAsync("rotate")).Ends(0);
        (await service.RunAsync("rotate", "--prune", "--retain", "0")).Ends(0);

        Assert.Equal(Text, service.Keys.OpenPrimary(
            (string)service.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings")!));
        Assert.Single(service.Keys.Keys);
        service.RequireAllUnderPrimary();
    }

    /// <summary>Nothing is encrypted but the key check.</summary>
    private static Service InTheClear(string keyCheck)
    {
        var service = Service.InTheClear();
        service.Execute($"UPDATE settings SET settings = json_set(settings, '$.encryption_key_check', '{keyCheck}')");
        Assert.NotNull(JsonNode.Parse((string)service.Scalar("SELECT settings FROM settings")!)!["encryption_key_check"]);
        return service;
    }
}
