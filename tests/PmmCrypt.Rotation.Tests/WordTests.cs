using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>The words in which a run says what it refuses, and what to do.</summary>
public sealed class WordTests
{
    [Theory]
    [InlineData(1, "1 other session is connected to", "process 1")]
    [InlineData(2, "2 other sessions are connected to", "process 1; process 2")]
    [InlineData(11, "11 other sessions are connected to", "process 1; process 2; process 3; process 4; process 5; process 6; process 7; "
        + "process 8; process 9; process 10")]
    public async Task Other_sessions(int count, string what, string who)
    {
        using var vault = await Vault.InitializedAsync("a");
        IReadOnlyList<StoreSession> sessions = [.. Enumerable.Range(1, count).Select(process => new StoreSession($"process {process}"))];

        await Told.FailsAsync(
            RotationFailure.Refused,
            $"{what} {vault["service.db"]}, and may be a service that does not know a new key: {who}",
            "stop the services; or add a key first (pmm-crypt key add), let every service load the key file, and rotate; "
            + "or, where no session reads encrypted values, --online",
            () => new Told(vault).RotateAsync(watch: store => store.Sessions = _ => sessions));
    }

    [Fact]
    public async Task No_key_file()
    {
        using var vault = new Vault("a");

        await Told.FailsAsync(
            RotationFailure.Key,
            $"there is no key file at {vault.KeyPath}",
            "pmm-crypt init makes it, and encrypts what is in the clear",
            () => new Told(vault).RotateAsync());
    }

    [Fact]
    public async Task No_key_file_for_what_is_encrypted()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        File.Move(vault.KeyPath, vault["right.key"]);
        var message = $"there is no key file at {vault.KeyPath}, and the database holds data that is encrypted with one (4 values)";

        await Told.FailsAsync(
            RotationFailure.Key,
            message,
            "restore the key file from its backup, or point --key-file or PMM_ENCRYPTION_KEY_PATH to it; "
            + "a new key could not open this data",
            () => new Told(vault).InitAsync());
        vault.OtherKeyFiles = [vault["right.key"]];
        await Told.FailsAsync(
            RotationFailure.Key,
            message,
            $"{vault["right.key"]} opens it: use --key-file {vault["right.key"]}",
            () => new Told(vault).InitAsync());
    }

    [Fact]
    public async Task No_key_file_to_retire_a_key_of()
    {
        using var vault = await Vault.InitializedAsync("a");
        var primary = vault.Primary;
        File.Delete(vault.KeyPath);

        var failed = await Assert.ThrowsAsync<KeyFileException>(() => new Told(vault).RetireAsync(primary, destroy: false));

        Assert.Equal(KeyFileProblem.Missing, failed.Kind);
    }

    [Theory]
    [InlineData("WHERE id = 'a'", "1 of 4 encrypted values does not open")]
    [InlineData("", "2 of 4 encrypted values do not open")]
    public async Task Values_that_do_not_open_before_the_run(string where, string what)
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Execute($"UPDATE accounts SET password = substr(password, 1, 30) {where}");

        await Told.FailsAsync(
            RotationFailure.Unreadable,
            $"{what}; nothing was changed",
            "restore those values, or set them anew, and run this again; pmm-crypt verify --json lists every one",
            () => new Told(vault).RotateAsync());
    }

    [Fact]
    public async Task A_value_that_does_not_open_after_the_run()
    {
        using var vault = await Vault.InitializedAsync("a", "b");

        await Told.FailsAsync(
            RotationFailure.Unreadable,
            "1 of 4 encrypted values does not open; the others are under the primary key or on their way there; no key was retired",
            "restore those values, or set them anew, and run this again; pmm-crypt verify --json lists every one",
            () => new Told(vault).RotateAsync(watch: store => store.BeforeSnapshot = snapshot =>
            {
                if (snapshot == 2)
                    vault.Execute("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'a'");
            }));
    }

    [Fact]
    public async Task Another_database()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute("ALTER TABLE accounts RENAME TO others");

        await Told.FailsAsync(
            RotationFailure.NothingFound,
            $"nothing of accounts.dll is in {vault["service.db"]}: accounts not found",
            "check the name of the database and, for a model of your own, --assembly",
            () => new Told(vault).RotateAsync());
    }

    [Fact]
    public async Task A_database_that_has_but_the_table_of_the_services_record()
    {
        using var vault = new PmmVault();
        vault.Execute("DROP TABLE agents");
        vault.Execute("DROP TABLE backup_locations");

        var failed = await Assert.ThrowsAsync<RotationException>(() => vault.InitAsync());

        Assert.Equal(RotationFailure.NothingFound, failed.Failure);
        Assert.EndsWith(": agents, backup_locations not found", failed.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(vault.KeyPath));
    }

    [Fact]
    public async Task A_database_that_lacks_columns()
    {
        using var vault = await Vault.InitializedAsync("a");

        await Told.FailsAsync(
            RotationFailure.NothingFound,
            $"{vault["service.db"]} lacks what accounts.dll declares: accounts.token, accounts.pin",
            "check the name of the database, or bring its schema up to date",
            () => new Told(vault) { Model = Vault.Model("token", "pin") }.RotateAsync());
    }

    [Fact]
    public async Task What_is_in_the_way()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute(
            "CREATE TRIGGER keep BEFORE UPDATE OF password, options ON accounts BEGIN SELECT RAISE(ABORT, 'kept'); END");
        var (database, key) = (vault.DatabaseBytes, vault.KeyFileBytes);

        await Told.FailsAsync(
            RotationFailure.Refused,
            "A trigger of table accounts forbids that column password is replaced: drop it for the time of the rotation.; "
            + "A trigger of table accounts forbids that column options is replaced: drop it for the time of the rotation.",
            "nothing was changed; mend this and run again",
            () => new Told(vault).RotateAsync());

        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(key, vault.KeyFileBytes);
    }

    [Fact]
    public async Task Fields_that_another_format_would_put_into_the_clear()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var keyset = vault.LoadKeyset();
        vault.Execute(
            "UPDATE accounts SET options = json_set(options, '$.later', $1)", Vault.Seal(keyset, "token", StoredFormat.Envelope));

        await Told.FailsAsync(
            RotationFailure.Refused,
            "these fields are encrypted, and would be in the clear in the legacy format: accounts.options.later; nothing was changed",
            "keep the format; or, if the service that reads this format is to find them in the clear: --i-want-plaintext-in-the-database",
            () => new Told(vault).RotateAsync(Told.Options with { Format = StoredFormat.Legacy }));
    }

    [Fact]
    public async Task A_format_beside_the_one_there_is()
    {
        using var vault = new Vault("a");
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });

        await Told.FailsAsync(
            RotationFailure.Refused,
            "this database is in the envelope format; encrypting more of it in the legacy format would mix the two",
            "leave out --format, or bring all of it to the legacy format first: pmm-crypt rotate --format legacy",
            () => new Told(vault).InitAsync(Told.Options with { Format = StoredFormat.Legacy }));
    }

    [Fact]
    public async Task Notes_that_cannot_be_read()
    {
        using var vault = await Vault.InitializedAsync("a");
        File.WriteAllText(vault.NotesPath, "{");

        await Told.FailsAsync(
            RotationFailure.Refused,
            $"{vault.NotesPath} cannot be read: JsonException",
            "run this as the user that rotated before, or as root; it holds no secret, "
            + "and may be removed once key list shows no waiting key",
            () => new Told(vault).RotateAsync());
    }

    [Fact]
    public async Task A_file_elsewhere_that_does_not_go_on_from_the_key_file()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var other = await Vault.InitializedAsync("a");
        File.Copy(other.KeyPath, vault["new.key"]);
        var (original, before) = (vault.KeyFileBytes, File.ReadAllBytes(vault["new.key"]));

        await Told.FailsAsync(
            RotationFailure.Refused,
            $"{vault["new.key"]} is there already, and has no key of {vault.KeyPath}: it is not overwritten",
            "name another file to write to, or move it away if nothing is encrypted with it",
            () => new Told(vault) { Output = vault["new.key"] }.RotateAsync());

        Assert.Equal(original, vault.KeyFileBytes);
        Assert.Equal(before, File.ReadAllBytes(vault["new.key"]));
    }
}
