using PmmCrypt.Fields;
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
    public async Task The_record_is_erased_last()
    {
        using var vault = new PmmVault();
        await vault.InitAsync();
        var story = new StoryTeller();
        await using var store = await vault.OpenAsync();

        var decrypted = await vault.Engine(store, story).DecryptAsync(Vault.Patient, default);

        Assert.True(decrypted.WasRecorded);
        Assert.Equal("step ledger-recorded", story.Lines[^1]);
        Assert.Single(story.Lines, line => line == "step ledger-recorded");
        Assert.Equal(KeyAction.Keep, decrypted.Rotation.Key.Action);
    }
}
