using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>What a rotation cannot heal alone: values under keys, or layers of keys, that the key file does not have.</summary>
[Trait("Category", "Slow")]
public sealed class RepairTests
{
    private readonly HandKeyset _lost = HandKeyset.Generate();

    [Fact]
    public async Task What_PMM_15188_left_is_healed_with_the_key_that_PMM_left_beside_the_key_file()
    {
        using var service = Service.Encrypted();
        var secret = Service.Password(1);
        service.StorePassword(0, _lost.Seal(Service.Password(0)));                                                 // PMM changed the key and not this
        service.StorePassword(1, service.Keys.Seal(_lost.Seal(_lost.Seal(secret))));                                // two rotations of PMM 3.9
        service.StorePassword(2, service.Keys.Seal(_lost.Seal(Service.Password(2), envelope: true)));
        _lost.Save(service["pmm_old.key"]);
        var keyFile = await File.ReadAllBytesAsync(service.KeyFile);
        (await service.RunAsync("rotate", "--prune")).Fails(4);

        (await service.RunAsync("repair", "--dry-run")).Ends(2).Prints("pmm_old.key opened 4 layers", $"{_lost.Primary}", "3 values");
        Assert.Equal(_lost.Primary, HandKeyset.KeyIdOf(service.StoredPassword(0)));
        (await service.RunAsync("repair")).Ends(0)
            .Prints("pmm_old.key opened 4 layers", "in one layer (3 rows rewritten)").Says("agents 000001 password", "agents 000002 password");

        service.RequireAllUnderPrimary();
        Assert.Equal(keyFile, await File.ReadAllBytesAsync(service.KeyFile));
        File.Delete(service["pmm_old.key"]);
        (await service.RunAsync("verify")).Ends(0);
        (await service.RunAsync("repair")).Ends(0).Says("--old-key");
    }

    [Fact]
    public async Task Layers_of_several_lost_keys_are_opened_with_the_files_that_are_named()
    {
        using var service = Service.Encrypted();
        var older = HandKeyset.Generate();
        service.StorePassword(0, _lost.Seal(older.Seal(_lost.Seal(Service.Password(0)))));
        service.StorePassword(1, older.Seal(Service.Password(1)));
        _lost.Save(service["lost.key"]);
        older.Save(service["older.key"]);

        var partly = (await service.RunAsync("repair", "--old-key", service["lost.key"])).Ends(4);
        partly.Says("agents 000001 password", $"{older.Primary}", "1 value opened to what looks like a ciphertext of another key");
        // As far as it could be opened, and no farther.
        Assert.Equal(Service.Password(0), _lost.Open(older.Open(service.Keys.OpenPrimary(service.StoredPassword(0))).Plaintext).Plaintext);
        (await service.RunAsync("repair", "--old-key", service["lost.key"], "--old-key", service["older.key"])).Ends(0);

        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task What_no_key_opens_stays_as_it_is_and_the_key_that_it_would_take_is_named()
    {
        using var service = Service.Encrypted();
        var stranger = HandKeyset.Generate();
        service.StorePassword(0, stranger.Seal(Service.Password(0)));
        service.StorePassword(1, _lost.Seal(Service.Password(1)));
        var unopened = service.StoredPassword(0);
        _lost.Save(service["lost.key"]);

        var report = (await service.RunAsync("repair", "--old-key", service["lost.key"], "--json")).Ends(4).Json();

        var problem = Assert.Single(report.GetProperty("verified").GetProperty("problems").EnumerateArray());
        Assert.Equal(("000000", stranger.Primary), (problem.GetProperty("row").GetString(), problem.GetProperty("keyId").GetUInt32()));
        var file = Assert.Single(report.GetProperty("oldKeyFiles").EnumerateArray());
        Assert.Equal(
            (service["lost.key"], _lost.Primary, 1),
            (file.GetProperty("path").GetString(), file.GetProperty("keys")[0].GetUInt32(), file.GetProperty("layers").GetInt32()));
        Assert.Equal(unopened, service.StoredPassword(0));
        Assert.Equal(Service.Password(1), service.Keys.OpenPrimary(service.StoredPassword(1)));
    }

    [Fact]
    public async Task A_secret_that_only_looks_like_a_ciphertext_is_left_alone_and_its_key_is_named()
    {
        using var service = Service.Encrypted();
        var lookAlike = HandKeyset.Generate();
        var secret = lookAlike.Seal("not ours");
        service.StorePassword(0, service.Keys.Seal(secret));
        var stored = service.StoredPassword(0);

        var report = (await service.RunAsync("repair", "--json")).Ends(0).Json();

        Assert.Equal(stored, service.StoredPassword(0));
        Assert.Equal(0, report.GetProperty("rowsReplaced").GetInt32());
        var key = Assert.Single(report.GetProperty("plan").GetProperty("secretKeys").EnumerateArray());
        Assert.Equal((lookAlike.Primary, 1), (key.GetProperty("keyId").GetUInt32(), key.GetProperty("values").GetInt32()));
    }

    [Fact]
    public async Task A_file_of_before_a_key_was_destroyed_has_it_disabled_and_opens_with_it()
    {
        using var service = Service.Encrypted();
        service.StorePassword(0, _lost.Seal(Service.Password(0)));
        HandKeyset.Generate().WithOlder(_lost).Disabled(_lost.Primary).Save(service["archive.key"]);

        (await service.RunAsync("repair", "--old-key", service["archive.key"])).Ends(0).Prints("archive.key opened 1 layer");

        service.RequireAllUnderPrimary();
    }

    [Fact]
    public async Task Files_that_are_no_use_are_told_of_and_change_nothing()
    {
        using var service = Service.Encrypted();
        service.StorePassword(0, _lost.Seal(Service.Password(0)));
        var stored = service.StoredPassword(0);
        await File.WriteAllTextAsync(service["pmm_old.key"], "neither base64 nor a keyset");
        _lost.WithId(service.Keys.Primary).Save(service["contradicts.key"]);

        (await service.RunAsync("repair", "--old-key", service["missing.key"])).Fails(3).Says("missing.key");
        (await service.RunAsync("repair", "--old-key", service["contradicts.key"])).Fails(5).Says($"{service.Keys.Primary}");
        (await service.RunAsync("repair")).Ends(4).Says("pmm_old.key is not used", "agents 000000 password");

        Assert.Equal(stored, service.StoredPassword(0));
    }

    [Fact]
    public async Task Where_no_file_opens_anything_the_key_files_are_of_another_database()
    {
        using var service = Service.Encrypted();
        HandKeyset.Generate().Save(service.KeyFile);
        _lost.Save(service["lost.key"]);

        (await service.RunAsync("repair", "--old-key", service["lost.key"])).Fails(3);
    }
}
