using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Keys;

namespace PmmCrypt.Rotation.Tests;

/// <summary>Into the clear: which values, in which order with the record, and what is said where it cannot be.</summary>
public sealed class DecryptionTests
{
    [Fact]
    public async Task Values_go_into_the_clear_under_every_layer_and_the_key_file_stays()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        using (var keyset = vault.LoadKeyset())
            vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Layer(keyset, vault.Stored("b")!));
        var keyFile = vault.KeyFileBytes;
        await using var store = await vault.OpenAsync();

        var decrypted = await vault.Engine(store).DecryptAsync(Vault.Patient, default);

        Assert.Equal((6L, false, 3L), (decrypted.Values, decrypted.WasRecorded, decrypted.Rotation.RowsReplaced));
        Assert.Equal((0L, 6L), (decrypted.Rotation.Verified!.Opened, decrypted.Rotation.Verified.Clear));
        Assert.Equal("secret of b", vault.Stored("b"));
        Assert.Equal("secret of c", vault.Secret("c"));
        Assert.Equal(keyFile, vault.KeyFileBytes);
        Assert.Equal(["exclude " + vault.Primary], store.Sweeps);
        Assert.All(store.DoneUnder, Assert.Null);
    }

    [Fact]
    public async Task A_table_of_one_row_that_is_no_record_goes_into_the_clear_too()
    {
        var field = new EncryptedField("password", StoredFormats.All);
        var table = new EncryptedTable(null, "accounts", [], [EncryptedColumn.Text(field)]);
        var model = new EncryptionModel("accounts.dll", [table]);
        using var vault = await Vault.InitializedAsync("a");
        await using var store = await vault.OpenAsync();

        var decrypted = await vault.Engine(store, model).DecryptAsync(Vault.Patient, default);

        Assert.True(table.IsSingleRow);
        Assert.Equal(1, decrypted.Values);
        Assert.Equal("secret of a", vault.Stored("a"));
    }

    [Fact]
    public async Task A_service_that_goes_on_encrypting_is_to_be_stopped()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var keyset = vault.LoadKeyset();
        var told = new Told(vault);
        await using var store = await vault.OpenAsync();
        store.BeforeSnapshot = snapshot =>
        {
            if (snapshot <= 2)
                return;
            vault.Execute("UPDATE accounts SET password = $1", Vault.Seal(keyset, "secret of a"));
            told.Time.Pass(60);
        };

        await Told.FailsAsync(
            RotationFailure.WorkRemains, "1 value is still to be rewritten after 60 s",
            "stop every service that encrypts, then run the same command: it goes on",
            () => told.Engine(store).DecryptAsync(Told.Options, default));
    }

    [Fact]
    public async Task What_came_meanwhile_and_cannot_be_in_the_clear_stays_encrypted()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var keyset = vault.LoadKeyset();
        var told = new Told(vault);
        await using var store = await vault.OpenAsync();
        store.BeforeSnapshot = snapshot =>
        {
            if (snapshot == 3)
            {
                vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Seal(keyset, "pmm1$ecret"));
                told.Time.Pass(60);
            }
        };

        await Assert.ThrowsAsync<RotationException>(() => told.Engine(store).DecryptAsync(Told.Options, default));

        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        Assert.Equal("pmm1$ecret", cipher.Decrypt(vault.Stored("b")));
    }

    [Fact]
    public async Task So_does_what_came_before_its_page_was_read()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var keyset = vault.LoadKeyset();
        var told = new Told(vault);
        var stored = Vault.Seal(keyset, "pmm1$ecret");
        await using var store = await vault.OpenAsync();
        store.Sessions = _ =>       // all was looked at, and nothing is written yet
        {
            vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", stored);
            return [];
        };
        store.BeforeSnapshot = snapshot => told.Time.Pass(snapshot > 2 ? 60 : 0);

        await Told.FailsAsync(
            RotationFailure.WorkRemains, "1 value is still to be rewritten after 60 s",
            "stop every service that encrypts, then run the same command: it goes on",
            () => told.Engine(store).DecryptAsync(Told.Options, default));

        Assert.Equal(stored, vault.Stored("b"));
        Assert.Equal("secret of b", vault.Secret("b"));
    }

    [Fact]
    public async Task What_came_meanwhile_and_does_not_open_is_said_and_where_the_others_are()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var stranger = KeysetManager.Generate();
        await using var store = await vault.OpenAsync();
        store.BeforeSnapshot = snapshot =>
        {
            if (snapshot == 3)
                vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Seal(stranger, "secret of b"));
        };

        var failed = await Assert.ThrowsAsync<RotationException>(() => vault.Engine(store).DecryptAsync(Vault.Patient, default));

        Assert.Equal(RotationFailure.Unreadable, failed.Failure);
        Assert.Contains("the others are in the clear or on their way there", failed.Message, StringComparison.Ordinal);
        Assert.Equal("secret of a", vault.Stored("a"));
    }

    [Fact]
    public async Task A_row_that_was_held_is_read_again_though_it_begins_as_done_ones_do()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        await using var store = await vault.OpenAsync();
        var replacements = 0;
        store.BeforeReplace = _ => replacements++;
        store.IsHeld = key => replacements <= 2 && key.ToString() == "a";

        await vault.Engine(store).DecryptAsync(Vault.Patient, default);

        Assert.Equal("secret of a", vault.Stored("a"));
        Assert.True(store.DoneUnder.Count > 3);
        Assert.All(store.DoneUnder, Assert.Null);
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var before = vault.Rows();
        await using var store = await vault.OpenAsync();

        var decrypted = await vault.Engine(store).DecryptAsync(Vault.Patient with { DryRun = true }, default);

        Assert.Equal((4L, true), (decrypted.Values, decrypted.Rotation.WouldWrite));
        Assert.Equal(before, vault.Rows());
        Assert.Empty(store.Sweeps);
    }

    [Fact]
    public async Task Where_all_is_in_the_clear_there_is_nothing_to_do_and_nobody_in_the_way()
    {
        using var vault = await Vault.InitializedAsync("a");
        await using (var first = await vault.OpenAsync())
            await vault.Engine(first).DecryptAsync(Vault.Patient, default);
        await using var store = await vault.OpenAsync();
        store.Sessions = _ => [new Stores.StoreSession("a service")];

        var decrypted = await vault.Engine(store).DecryptAsync(Vault.Patient, default);

        Assert.Equal((0L, false), (decrypted.Values, decrypted.Rotation.WouldWrite));
        Assert.Empty(store.Sweeps);
    }

    [Fact]
    public async Task Without_the_table_of_the_record_there_is_none_to_erase()
    {
        using var vault = new PmmVault();
        await vault.InitAsync();
        vault.Execute("DROP TABLE settings");
        await using var store = await vault.OpenAsync();

        var decrypted = await vault.Engine(store).DecryptAsync(Vault.Patient, default);

        Assert.False(decrypted.WasRecorded);
        Assert.Equal("password", vault.Scalar("SELECT password FROM agents WHERE agent_id = 'a'"));
    }

    [Fact]
    public async Task Without_a_key_file_nothing_can_be_opened_and_none_is_made()
    {
        using var vault = new Vault("a");
        await using var store = await vault.OpenAsync();
        var engine = vault.Engine(store);
        File.WriteAllText(vault["backup.json"], """{"created_at": "then", "tables": {"accounts": []}}""");

        foreach (var run in (Func<Task>[])[
            () => engine.DecryptAsync(Vault.Patient, default), () => engine.RestoreAsync(vault["backup.json"], [], Vault.Patient, default)])
        {
            Assert.Equal(KeyFileProblem.Missing, (await Assert.ThrowsAsync<KeyFileException>(run)).Kind);
        }

        Assert.False(File.Exists(vault.KeyPath));
    }

    [Fact]
    public async Task The_record_is_erased_last()
    {
        using var vault = new PmmVault();
        await vault.InitAsync();
        var story = new StoryTeller();
        await using var store = await vault.OpenAsync();

        var decrypted = await vault.Engine(store, story).DecryptAsync(Vault.Patient, default);

        Assert.True(decrypted.WasRecorded);
        Assert.Equal("step locked", story.Lines[0]);
        Assert.Contains("step page-updated", story.Lines);
        Assert.Equal("step ledger-recorded", story.Lines[^1]);
        Assert.Single(story.Lines, line => line == "step ledger-recorded");
        Assert.Equal(KeyAction.Keep, decrypted.Rotation.Key.Action);
    }
}
