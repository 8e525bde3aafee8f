using PmmCrypt.Fields;
using PmmCrypt.Keysets;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A rotation to a format in which a field is in the clear: what is put there, and what never is.</summary>
public sealed class IntoClearTests
{
    private static readonly RotationOptions Back = Vault.Patient with { Format = StoredFormat.Legacy, AllowPlaintext = true };

    [Fact]
    public async Task Where_it_was_asked_for_the_field_is_put_into_the_clear_in_the_same_run_as_the_key()
    {
        using var vault = await WithLaterAsync("token");

        var report = await vault.RotateAsync(Back);

        Assert.Equal(["accounts.options.later"], report.PutIntoClear);
        Assert.Equal("token", Later(vault));
        Assert.Equal(2, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
        Assert.Empty((await vault.RotateAsync(Back)).PutIntoClear);
    }

    [Fact]
    public async Task Under_several_layers_it_is_the_innermost_secret()
    {
        using var vault = await WithLaterAsync("token");
        using var keyset = vault.LoadKeyset();
        Store(vault, Vault.Layer(keyset, Later(vault)!));

        await vault.RotateAsync(Back);

        Assert.Equal("token", Later(vault));
    }

    [Fact]
    public async Task What_comes_meanwhile_goes_into_the_clear_too()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var keyset = vault.LoadKeyset();
        var snapshots = 0;

        var report = await vault.RotateAsync(Back, store => store.BeforeSnapshot = _ =>
        {
            if (++snapshots == 2)       // the plan is made, and the sweep has passed
                Store(vault, Vault.Seal(keyset, "token", StoredFormat.Envelope));
        });

        Assert.Equal(0, report.Latest.OpenedIn(StoredFormat.Envelope));
        Assert.Equal(["accounts.options.later"], report.PutIntoClear);
        Assert.Equal("token", Later(vault));
    }

    [Fact]
    public async Task Without_being_asked_for_what_comes_meanwhile_stays_encrypted_and_goes_under_the_new_key()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var keyset = vault.LoadKeyset();
        var snapshots = 0;

        await vault.RotateAsync(Back with { AllowPlaintext = false }, store => store.BeforeSnapshot = _ =>
        {
            if (++snapshots == 2)
                Store(vault, Vault.Seal(keyset, "token", StoredFormat.Envelope));
        });

        using var now = vault.LoadKeyset();
        using var cipher = new FieldCipher(now, StoredFormat.Legacy);
        Assert.Equal((now.Primary.Id, StoredFormat.Envelope), (cipher.Inspect(Later(vault)).KeyId, cipher.Inspect(Later(vault)).Format));
    }

    [Fact]
    public async Task What_would_be_taken_for_a_ciphertext_refuses_it_before_a_key_is_added()
    {
        using var stranger = KeysetManager.Generate();
        using var vault = await WithLaterAsync("token");
        using var keyset = vault.LoadKeyset();
        Store(vault, Vault.Layer(keyset, Vault.Seal(stranger, "token")));

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Back));

        Assert.Equal(
            (RotationFailure.Refused, "1 value cannot be put into the clear; nothing was changed"), (refused.Failure, refused.Message));
        Assert.Equal("accounts.options.later", $"{Assert.Single(refused.Problems).Field}");
        Assert.Single(vault.KeyIds);
    }

    [Fact]
    public async Task Several_are_counted_and_what_to_do_is_said()
    {
        using var vault = await WithLaterAsync("pmm1$ecret");
        using var keyset = vault.LoadKeyset();
        vault.Execute(
            "UPDATE accounts SET options = json_set(options, '$.later', $1) WHERE id = 'b'",
            Vault.Seal(keyset, "pmm1$ecret", StoredFormat.Envelope));

        await Told.FailsAsync(
            RotationFailure.Refused, "2 values cannot be put into the clear; nothing was changed",
            "set those values anew; one that is a ciphertext of a lost key, pmm-crypt repair --old-key FILE opens",
            () => vault.RotateAsync(Back));
    }

    [Fact]
    public async Task A_format_without_such_a_field_asks_for_nothing()
    {
        using var vault = await WithLaterAsync("token");

        Assert.Empty((await vault.RotateAsync(Back with { Format = StoredFormat.Envelope })).PutIntoClear);

        Assert.StartsWith("pmm1$", Later(vault), StringComparison.Ordinal);
    }

    private static async Task<Vault> WithLaterAsync(string plaintext)
    {
        var vault = await Vault.InitializedAsync("a", "b");
        using var keyset = vault.LoadKeyset();
        Store(vault, Vault.Seal(keyset, plaintext, StoredFormat.Envelope));
        return vault;
    }

    private static void Store(Vault vault, string stored) =>
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.later', $1) WHERE id = 'a'", stored);

    private static string? Later(Vault vault) => vault.Stored("a", "json_extract(options, '$.later')");
}
