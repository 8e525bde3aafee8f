using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>No key goes while any layer of a value refers to it.</summary>
public sealed class PruneTests
{
    private static readonly RotationOptions Prune = Vault.Patient with { Prune = true };

    [Fact]
    public async Task A_key_that_nothing_refers_to_is_disabled_and_destroyed_a_week_later()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var old = vault.Primary;
        await vault.RotateAsync();

        var first = await vault.RotateAsync(Prune);
        Assert.Equal([old], first.Retirement!.Disabled);
        Assert.Equal(KeyStatus.Disabled, vault.Keys(keyset => keyset.Find(old)!.Status));

        vault.Clock.Moved = TimeSpan.FromDays(6.9);
        var second = await vault.RotateAsync(Prune);
        Assert.Empty(second.Retirement!.Destroyed);

        vault.Clock.Moved = TimeSpan.FromDays(7.1);
        var third = await vault.RotateAsync(Prune);
        Assert.Equal([old], third.Retirement!.Destroyed);
        Assert.Equal([vault.Primary], vault.KeyIds);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task It_adds_no_key_and_leaves_one_that_waits_alone()
    {
        using var vault = await Vault.InitializedAsync("a");
        await vault.RotateAsync();
        var primary = vault.Primary;
        uint waiting = 0;
        vault.Edit(manager => waiting = manager.Add());

        var report = await vault.RotateAsync(Prune with { Retain = TimeSpan.Zero });

        Assert.Equal(primary, vault.Primary);
        Assert.Equal([primary, waiting], vault.KeyIds);
        Assert.Contains(report.Retirement!.Kept, kept => kept.KeyId == waiting);
    }

    [Fact]
    public async Task Destroyed_at_once_the_key_is_in_an_archive_that_only_its_owner_can_read()
    {
        using var vault = await Vault.InitializedAsync("a");
        var before = vault.Stored("a");
        await vault.RotateAsync();

        var report = await vault.RotateAsync(Prune with { Retain = TimeSpan.Zero });

        var archive = report.Retirement!.ArchivePath!;
        using var file = KeyFile.Load(archive);
        using var cipher = new FieldCipher(file.Keyset, StoredFormat.Legacy);
        Assert.Equal("secret of a", cipher.Decrypt(before));
        Assert.Empty(file.Warnings);
        Assert.Equal(vault.Folder, Path.GetDirectoryName(archive));
    }

    [Fact]
    public async Task A_rotation_under_way_is_finished_first()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Edit(manager => manager.Promote(manager.Add()));

        await vault.RotateAsync(Prune with { Retain = TimeSpan.Zero });

        Assert.Single(vault.KeyIds);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_value_that_a_service_writes_with_the_old_key_before_the_fence_keeps_that_key()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var service = vault.LoadKeyset();
        var old = vault.Primary;
        await vault.RotateAsync();

        await using var store = await vault.OpenAsync();
        var engine = vault.Engine(store);
        store.BeforeFence = () => vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(service, "secret of a"));
        var report = await engine.RotateAsync(Prune with { Retain = TimeSpan.Zero }, default);

        Assert.Contains(report.Retirement!.Kept, kept => kept.KeyId == old);
        vault.AssertIntact();
    }

    [Fact]
    public async Task A_key_that_only_an_inner_layer_is_under_is_kept()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        var inner = vault.Stored("a")!;
        await vault.RotateAsync();
        using var keyset = vault.LoadKeyset();

        await using var store = await vault.OpenAsync();
        // A service that could not open our value wraps it, after the walk that planned and before the fence.
        var engine = vault.Engine(store);
        store.BeforeFence = () => vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Layer(keyset, inner));
        var report = await engine.RotateAsync(Prune with { Retain = TimeSpan.Zero }, default);

        Assert.Contains(report.Retirement!.Kept, kept => kept.KeyId == old);
        vault.AssertIntact();
    }

    [Fact]
    public async Task Where_a_value_does_not_open_no_key_is_retired()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        await vault.RotateAsync();
        var before = vault.KeyFileBytes;

        await using var store = await vault.OpenAsync();
        var engine = vault.Engine(store);
        store.BeforeFence = () => vault.Execute("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'a'");
        var failure = await Assert.ThrowsAsync<RotationException>(() => engine.RotateAsync(Prune with { Retain = TimeSpan.Zero }, default));

        Assert.Equal(RotationFailure.Unreadable, failure.Failure);
        Assert.Equal(before, vault.KeyFileBytes);
    }

    [Fact]
    public async Task Where_the_fence_has_fallen_the_keys_are_put_back()
    {
        using var vault = await Vault.InitializedAsync("a");
        await vault.RotateAsync();
        var before = vault.Keys(keyset => keyset.ToString());

        await Assert.ThrowsAsync<StoreException>(() => vault.RotateAsync(
            Prune with { Retain = TimeSpan.Zero }, store =>
                store.BeforeRelease = () => throw new StoreException("the connection was lost")));

        Assert.Equal(before, vault.Keys(keyset => keyset.ToString()));
        vault.AssertIntact();
    }

    [Fact]
    public async Task The_count_is_made_behind_the_fence_and_the_file_replaced_before_it_falls()
    {
        using var vault = await Vault.InitializedAsync("a");
        await vault.RotateAsync();
        IReadOnlyList<string> transcript = [];
        var keysAtRelease = 0;

        await vault.RotateAsync(Prune with { Retain = TimeSpan.Zero }, store =>
        {
            transcript = store.Transcript;
            store.BeforeRelease = () => keysAtRelease = vault.KeyIds.Count;
        });

        Assert.Equal(["lock", "probe", "snapshot", "fence", "prove", "release"], transcript);
        Assert.Equal(1, keysAtRelease);
    }

    [Fact]
    public async Task A_key_that_is_referred_to_again_loses_its_date()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var old = vault.Primary;
        var inner = vault.Stored("a")!;
        await vault.RotateAsync();
        await vault.RotateAsync(Prune);
        using var keyset = vault.LoadKeyset();
        vault.Clock.Moved = TimeSpan.FromDays(5);
        await using (var store = await vault.OpenAsync())
        {
            var engine = vault.Engine(store);
            store.BeforeFence = () => vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Layer(keyset, inner));
            await engine.RotateAsync(Prune, default);
        }

        await vault.RotateAsync(Prune);     // brings the value into one layer: of no use since today, the fifth day
        vault.Clock.Moved = TimeSpan.FromDays(11.9);
        Assert.Empty((await vault.RotateAsync(Prune)).Retirement!.Destroyed);
        vault.Clock.Moved = TimeSpan.FromDays(12.1);
        Assert.Equal([old], (await vault.RotateAsync(Prune)).Retirement!.Destroyed);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_key_that_was_enabled_again_is_disabled_first_and_given_its_time_anew()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        await vault.RotateAsync();
        await vault.RotateAsync(Prune);
        vault.Clock.Moved = TimeSpan.FromDays(8);
        vault.Edit(manager => manager.Enable(old));

        var report = await vault.RotateAsync(Prune);

        Assert.Equal([old], report.Retirement!.Disabled);
        Assert.Empty(report.Retirement.Destroyed);
        vault.Clock.Moved = TimeSpan.FromDays(14.9);
        Assert.Empty((await vault.RotateAsync(Prune)).Retirement!.Destroyed);
    }

    [Fact]
    public async Task A_disabled_key_that_only_an_inner_layer_is_under_is_not_destroyed()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var old = vault.Primary;
        var inner = vault.Stored("a")!;
        await vault.RotateAsync();
        vault.Edit(manager => manager.Disable(old));
        using var keyset = vault.LoadKeyset();

        await using (var store = await vault.OpenAsync())
        {
            var engine = vault.Engine(store);
            store.BeforeFence = () => vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Layer(keyset, inner));
            var report = await engine.RotateAsync(Prune with { Retain = TimeSpan.Zero }, default);
            Assert.Contains(report.Retirement!.Kept, kept => kept.KeyId == old);
        }

        vault.AssertIntact();       // a disabled key opens a layer beneath an enabled one

        // The next prune brings the value into one layer, and then nothing refers to the key.
        await vault.RotateAsync(Prune with { Retain = TimeSpan.Zero });
        Assert.Equal([vault.Primary], vault.KeyIds);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_key_that_is_disabled_by_name_is_given_its_time_from_then_on()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        await vault.RotateAsync();
        await vault.RotateAsync(Prune);
        vault.Edit(manager => manager.Enable(old));
        vault.Clock.Moved = TimeSpan.FromDays(8);
        await using (var store = await vault.OpenAsync())
            await vault.Engine(store).RetireAsync(old, destroy: false, Vault.Patient, default);

        Assert.Empty((await vault.RotateAsync(Prune)).Retirement!.Destroyed);
        vault.Clock.Moved = TimeSpan.FromDays(15.1);
        Assert.Equal([old], (await vault.RotateAsync(Prune)).Retirement!.Destroyed);
    }

    [Theory]
    [InlineData("CREATE TABLE audit (note TEXT); INSERT INTO audit VALUES ('was ' || $1)", "main.audit.note (1 row under key")]
    [InlineData("UPDATE accounts SET options = json_set(options, '$.unknown', 'pmm1$' || $1)", "main.accounts.options (2 rows under key")]
    [InlineData("UPDATE accounts SET other = $1 WHERE id = 'b'", "main.accounts.other (1 row under key")]
    public async Task Ciphertext_outside_the_model_holds_a_prune_off_and_is_named_to_who_retires_a_key_by_name(string sql, string place)
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var old = vault.Primary;
        var value = vault.Stored("a")!;
        await vault.RotateAsync();
        vault.Execute(sql, value);
        var before = vault.KeyFileBytes;

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Prune with { Retain = TimeSpan.Zero }));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Contains($"{place} {old})", refused.Message);
        Assert.Equal(before, vault.KeyFileBytes);
        await using var store = await vault.OpenAsync();
        var report = await vault.Engine(store).RetireAsync(old, destroy: true, Vault.Patient, default);
        Assert.Equal([old], report.Destroyed);
        Assert.Contains(vault.Said.Warnings, warning => warning.Contains(place, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ciphertext_outside_the_model_under_a_key_that_stays_is_nobodys_business()
    {
        using var vault = await Vault.InitializedAsync("a");
        await vault.RotateAsync();
        vault.Execute("UPDATE accounts SET other = password");

        Assert.Single((await vault.RotateAsync(Prune)).Retirement!.Disabled);
    }

    [Fact]
    public async Task A_replica_that_is_behind_holds_a_prune_off()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        await vault.RotateAsync();
        var before = vault.KeyFileBytes;

        var refused = await Assert.ThrowsAsync<RotationException>(
            () => vault.RotateAsync(Prune, store => store.Lagging = ["standby walreceiver (16 MB behind)"]));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Contains("standby walreceiver (16 MB behind)", refused.Message);
        Assert.Equal(before, vault.KeyFileBytes);
        await using var store = await vault.OpenAsync();
        store.Lagging = ["standby walreceiver (16 MB behind)"];
        await vault.Engine(store).RetireAsync(old, destroy: false, Vault.Patient, default);
        Assert.Contains(vault.Said.Warnings, warning => warning.Contains("16 MB behind", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_prune_that_retires_nothing_is_not_held_off_by_a_replica()
    {
        using var vault = await Vault.InitializedAsync("a");

        Assert.Empty((await vault.RotateAsync(Prune, store => store.Lagging = ["standby"])).Retirement!.Disabled);
    }

    [Fact]
    public async Task A_column_that_appears_before_the_fence_is_not_passed_over()
    {
        using var vault = await Vault.InitializedAsync("a");
        await vault.RotateAsync();
        var before = vault.KeyFileBytes;
        await using var store = await vault.OpenAsync();
        store.BeforeFence = () => vault.Execute("ALTER TABLE accounts ADD COLUMN token TEXT");
        var model = Vault.OlderModel("token");

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.Engine(store, model).RotateAsync(Prune, default));

        Assert.Equal(RotationFailure.WorkRemains, refused.Failure);
        Assert.Equal(before, vault.KeyFileBytes);
    }

    [Fact]
    public async Task A_single_key_is_retired_only_if_nothing_refers_to_it()
    {
        using var vault = await Vault.InitializedAsync("a");
        var old = vault.Primary;
        vault.Edit(manager => manager.Promote(manager.Add()));

        await using (var store = await vault.OpenAsync())
        {
            var failure = await Assert.ThrowsAsync<RotationException>(
                () => vault.Engine(store).RetireAsync(old, destroy: false, Vault.Patient, default));
            Assert.Equal(RotationFailure.Refused, failure.Failure);
        }

        await vault.RotateAsync();
        await using (var store = await vault.OpenAsync())
            await vault.Engine(store).RetireAsync(old, destroy: false, Vault.Patient, default);

        Assert.Equal(KeyStatus.Disabled, vault.Keys(keyset => keyset.Find(old)!.Status));
        await using var last = await vault.OpenAsync();
        await Assert.ThrowsAsync<RotationException>(
            () => vault.Engine(last).RetireAsync(vault.Primary, destroy: true, Vault.Patient, default));
        Assert.Equal(2, vault.KeyIds.Count);
    }
}
