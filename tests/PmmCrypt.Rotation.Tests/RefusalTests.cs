using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>What is refused changes nothing: neither the database nor the key file.</summary>
public sealed class RefusalTests
{
    private static readonly IReadOnlyList<StoreSession> Somebody = [new StoreSession("process 4711, role pmm, pmm-managed")];

    [Fact]
    public async Task Beside_other_sessions_no_key_is_added_and_they_are_named()
    {
        using var vault = await Vault.InitializedAsync("a");

        for (var i = 0; i < 2; i++)
        {
            var failure = await RefusedAsync(vault, RotationFailure.Refused, watch: store => store.Sessions = _ => Somebody);
            Assert.Contains("pmm-managed", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_session_that_comes_while_the_key_is_added_has_it_taken_back()
    {
        using var vault = await Vault.InitializedAsync("a");

        // Nobody the first time; somebody from then on.
        await RefusedAsync(vault, RotationFailure.Refused, watch: store => store.Sessions = asked => asked == 1 ? [] : Somebody);
    }

    [Fact]
    public async Task What_went_wrong_with_the_key_file_is_told_and_not_that_the_key_could_not_be_taken_back()
    {
        using var vault = await Vault.InitializedAsync("a");
        var renamed = 0;
        vault.Said.OnReached = step =>
        {
            if (step == KeyFileSteps.Renamed && ++renamed == 2)
                throw new StoreException("the disk went away");
        };

        var failure = await Assert.ThrowsAsync<StoreException>(() => vault.RotateAsync());

        Assert.Equal("the disk went away", failure.Message);
        vault.Said.OnReached = _ => { };
        await vault.RotateAsync();
        vault.AssertIntact(underPrimary: true);
        Assert.Equal(2, vault.KeyIds.Count);
    }

    [Fact]
    public async Task A_session_that_is_just_leaving_is_let_go()
    {
        using var vault = await Vault.InitializedAsync("a");

        await vault.RotateAsync(watch: store => store.Sessions = asked => asked == 1 ? Somebody : []);

        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Told_to_go_on_it_goes_on_beside_other_sessions()
    {
        using var vault = await Vault.InitializedAsync("a");

        await vault.RotateAsync(Vault.Patient with { Online = true }, store => store.Sessions = _ => Somebody);

        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task The_key_file_of_another_database_is_refused_and_the_right_one_is_named_where_it_is_found()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        File.Move(vault.KeyPath, vault["right.key"]);
        using (var heldLock = KeyFileLock.Acquire(vault.KeyPath, Vault.Moment))
        using (var wrong = KeysetManager.Generate())
            KeyFile.Create(vault.KeyPath, wrong, heldLock).Dispose();

        var failure = await RefusedAsync(vault, RotationFailure.Key);
        Assert.DoesNotContain("right.key", failure.Hint!, StringComparison.Ordinal);

        vault.OtherKeyFiles = [vault["nowhere.key"], vault["right.key"]];
        failure = await RefusedAsync(vault, RotationFailure.Key);
        Assert.Contains("right.key", failure.Hint!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_file_over_encrypted_data_none_is_made()
    {
        using var vault = await Vault.InitializedAsync("a");
        File.Move(vault.KeyPath, vault["right.key"]);
        vault.OtherKeyFiles = [vault["right.key"]];
        var before = vault.DatabaseBytes;

        var rotate = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync());
        var init = await Assert.ThrowsAsync<RotationException>(() => vault.InitAsync());

        Assert.Equal((RotationFailure.Key, RotationFailure.Key), (rotate.Failure, init.Failure));
        Assert.Contains("right.key", init.Hint!, StringComparison.Ordinal);
        Assert.False(File.Exists(vault.KeyPath));
        Assert.Equal(before, vault.DatabaseBytes);
    }

    [Fact]
    public async Task Without_a_key_file_over_clear_data_a_rotation_names_init()
    {
        using var vault = new Vault("a");

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync());

        Assert.Equal(RotationFailure.Key, failure.Failure);
        Assert.Contains("init", failure.Hint!, StringComparison.Ordinal);
        Assert.False(File.Exists(vault.KeyPath));
    }

    [Fact]
    public async Task One_damaged_value_stops_it_and_is_named()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Execute("UPDATE accounts SET password = substr(password, 1, length(password) - 8) || 'AAAAAAA=' WHERE id = 'b'");

        var failure = await RefusedAsync(vault, RotationFailure.Unreadable);

        var problem = Assert.Single(failure.Problems);
        Assert.Equal(("accounts", "b", "password", vault.Primary),
            (problem.Field.Table.Name, problem.Row.ToString(), problem.Field.Name, problem.KeyId));
    }

    [Theory]
    [InlineData("UPDATE accounts SET options = '{' WHERE id = 'b'", "not JSON")]
    [InlineData("UPDATE accounts SET options = '{\"secret\": 17}' WHERE id = 'b'", "string was expected")]
    [InlineData("UPDATE accounts SET options = '[]' WHERE id = 'b'", "object was expected")]
    [InlineData("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'b'", "damaged ciphertext")]
    [InlineData("UPDATE accounts SET password = substr(password, 1, 20) || ' ' || substr(password, 22) WHERE id = 'b'",
        "damaged ciphertext")]
    public async Task Every_kind_of_damage_stops_it(string damage, string expected)
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Execute(damage);

        var failure = await RefusedAsync(vault, RotationFailure.Unreadable);

        Assert.Contains(expected, Assert.Single(failure.Problems).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_under_a_disabled_key_names_the_way_back()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var old = vault.Primary;
        await vault.RotateAsync();
        using var service = vault.LoadKeyset();
        vault.Edit(manager => manager.Disable(old));
        using var before = vault.LoadKeyset();
        using var oldOnly = new Keyset(old, [service.Find(old)!]);
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(oldOnly, "secret of a"));

        var failure = await RefusedAsync(vault, RotationFailure.Unreadable);

        Assert.Contains($"key enable {old}", failure.Hint!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_that_is_missing_is_an_error_where_the_model_says_nothing_else()
    {
        using var vault = await Vault.InitializedAsync("a");
        await using var store = await vault.OpenAsync();

        var failure = await Assert.ThrowsAsync<RotationException>(
            () => vault.Engine(store, Vault.Model("api_token")).RotateAsync(Vault.Patient, default));

        Assert.Equal(RotationFailure.NothingFound, failure.Failure);
        Assert.Contains("accounts.api_token", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_with_nothing_of_the_model_is_an_error()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute("ALTER TABLE accounts RENAME TO others");

        Assert.Equal(RotationFailure.NothingFound, (await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync())).Failure);
    }

    [Fact]
    public async Task A_key_file_that_somebody_changes_meanwhile_is_not_overwritten()
    {
        using var vault = await Vault.InitializedAsync("a");
        byte[] theirs = [];

        await Assert.ThrowsAsync<KeyFileException>(() => vault.RotateAsync(watch: store => store.Sessions = asked =>
        {
            if (asked == 1)
            {
                // PMM's own tool, which knows no lock.
                using var file = KeyFile.Load(vault.KeyPath);
                using var manager = new KeysetManager(file.Keyset);
                manager.Promote(manager.Add());
                File.WriteAllText(vault.KeyPath, InsecureCleartextKeyset.Write(manager.ToKeyset()));
                theirs = vault.KeyFileBytes;
            }

            return [];
        }));

        Assert.Equal(theirs, vault.KeyFileBytes);
        vault.AssertIntact();
    }

    [Fact]
    public async Task A_dry_run_writes_nothing_and_says_that_it_would()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var (database, key) = (vault.DatabaseBytes, vault.KeyFileBytes);

        var report = await vault.RotateAsync(Vault.Patient with { DryRun = true }, store => store.Sessions = _ => Somebody);

        Assert.True(report.WouldWrite);
        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(key, vault.KeyFileBytes);
        Assert.False((await vault.RotateAsync(Vault.Patient with { DryRun = true, Prune = true })).WouldWrite);
        await vault.RotateAsync();
        Assert.True((await vault.RotateAsync(Vault.Patient with { DryRun = true, Prune = true })).WouldWrite);
    }

    private static async Task<RotationException> RefusedAsync(Vault vault, RotationFailure expected, Action<WatchedStore>? watch = null)
    {
        var (database, key) = (vault.DatabaseBytes, vault.KeyFileBytes);

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(watch: watch));

        Assert.Equal(expected, failure.Failure);
        Assert.NotNull(failure.Hint);
        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(key, vault.KeyFileBytes);
        return failure;
    }
}
