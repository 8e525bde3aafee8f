using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation.Tests;

/// <summary>What is found by who only looks.</summary>
public sealed class InspectionTests
{
    [Fact]
    public async Task A_vault_and_what_it_is_said_to_hold()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute("UPDATE accounts SET password = 'in the clear' WHERE id = 'b'");
        vault.Execute("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'c'");
        var (database, key) = (vault.DatabaseBytes, vault.KeyFileBytes);
        var told = new Told(vault) { Model = Vault.OlderModel("token") };

        var found = await told.InspectAsync();

        Assert.Equal(
            (3, 4, 1, 1), (found.Census.Rows, found.Census.Opened, found.Census.Clear, found.Census.Unreadable));
        Assert.Equal(StoredFormat.Legacy, found.Format);
        Assert.Empty(found.Waiting);
        Assert.Equal(["accounts.token"], found.Missing);
        Assert.Equal(["note skipped accounts.token: this database does not have it", "phase Plan"], told.Story.Lines);
        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(key, vault.KeyFileBytes);
    }

    [Fact]
    public async Task Without_a_record_the_values_say_the_format()
    {
        using var vault = new Vault("a");
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });

        Assert.Equal(StoredFormat.Envelope, (await new Told(vault).InspectAsync()).Format);
    }

    [Fact]
    public async Task The_services_own_record_says_the_format_whatever_values_are_in()
    {
        using var vault = new PmmVault();
        await vault.InitAsync();
        using (var file = KeyFile.Load(vault.KeyPath))
            vault.Execute("UPDATE agents SET password = $1", Vault.Seal(file.Keyset, "password", StoredFormat.Envelope));
        await using var store = await vault.OpenAsync();

        var found = await vault.Engine(store).InspectAsync(Vault.Patient, default);

        Assert.Equal(3, found.Census.OpenedIn(StoredFormat.Envelope));
        Assert.Equal(StoredFormat.Legacy, found.Format);
    }

    [Fact]
    public async Task Keys_that_wait_are_named()
    {
        using var vault = await Vault.InitializedAsync("a");
        uint waiting = 0;
        vault.Edit(manager => waiting = manager.Add());

        Assert.Equal([waiting], (await new Told(vault).InspectAsync()).Waiting);
    }

    [Fact]
    public async Task Where_a_rotation_adds_a_key_while_it_counts_it_counts_again()
    {
        using var vault = await Vault.InitializedAsync("a");
        IReadOnlyList<string> transcript = [];

        var found = await new Told(vault).InspectAsync(store =>
        {
            transcript = store.Transcript;
            store.BeforeSnapshot = snapshot =>
            {
                if (snapshot != 1)
                    return;
                vault.Edit(manager => manager.Promote(manager.Add()));
                using var keyset = vault.LoadKeyset();
                vault.Execute("UPDATE accounts SET password = $1", Vault.Seal(keyset, "secret of a"));
            };
        });

        Assert.Equal(["snapshot", "snapshot"], transcript);
        Assert.Equal((vault.Primary, 2, 0), (found.Census.PrimaryKeyId, found.Census.Opened, found.Census.Unreadable));
    }

    [Fact]
    public async Task Where_every_value_opens_it_does_not_matter_that_the_key_file_changed()
    {
        using var vault = await Vault.InitializedAsync("a");
        IReadOnlyList<string> transcript = [];

        var found = await new Told(vault).InspectAsync(store =>
        {
            transcript = store.Transcript;
            store.BeforeSnapshot = snapshot =>
            {
                if (snapshot == 1)
                    vault.Edit(manager => manager.Add());
            };
        });

        Assert.Equal(["snapshot"], transcript);
        Assert.Empty(found.Waiting);
    }

    [Fact]
    public async Task Without_a_key_file_nothing_can_be_said()
    {
        using var vault = new Vault("a");

        Assert.Equal(
            KeyFileProblem.Missing, (await Assert.ThrowsAsync<KeyFileException>(() => new Told(vault).InspectAsync())).Kind);
    }

    [Theory]
    [InlineData("WHERE id = 'a'", "1 of 6 encrypted values does not open; nothing was changed")]
    [InlineData("", "3 of 6 encrypted values do not open; nothing was changed")]
    public async Task What_does_not_open_can_be_made_a_refusal(string where, string message)
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute($"UPDATE accounts SET password = substr(password, 1, 30) {where}");
        var found = await new Told(vault).InspectAsync();
        await using var store = await vault.OpenAsync();

        await Told.FailsAsync(
            RotationFailure.Unreadable,
            message,
            "restore those values, or set them anew, and run this again; pmm-crypt verify --json lists every one",
            () =>
            {
                vault.Engine(store).RequireReadable(found.Census);
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task Where_all_opens_nothing_is_refused()
    {
        using var vault = await Vault.InitializedAsync("a");
        await using var store = await vault.OpenAsync();

        vault.Engine(store).RequireReadable((await new Told(vault).InspectAsync()).Census);
    }
}
