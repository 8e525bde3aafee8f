using PmmCrypt.Fields;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A dry run says what would be done, whoever is connected, and leaves database and key file to the byte.</summary>
public sealed class DryRunTests
{
    private static readonly RotationOptions Dry = Vault.Patient with { DryRun = true };

    [Fact]
    public async Task Where_a_key_would_be_added()
    {
        using var vault = await Vault.InitializedAsync("a", "b");

        var report = await DryRunAsync(vault, Dry);

        Assert.Equal((true, KeyAction.Add), (report.WouldWrite, report.Key.Action));
        Assert.Equal(vault.Primary, report.PrimaryKeyId);
    }

    [Fact]
    public async Task Where_a_waiting_key_would_be_promoted()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        uint waiting = 0;
        vault.Edit(manager => waiting = manager.Add());

        var report = await DryRunAsync(vault, Dry);

        Assert.True(report.WouldWrite);
        Assert.Equal((KeyAction.Promote, waiting), (report.Key.Action, report.Key.KeyId));
    }

    [Fact]
    public async Task Where_a_rotation_would_be_finished()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Edit(manager => manager.Promote(manager.Add()));

        var report = await DryRunAsync(vault, Dry);

        Assert.Equal((true, KeyAction.Finish), (report.WouldWrite, report.Key.Action));
        Assert.Equal(4, report.Plan.OffPrimary);     // two rows of two values each
    }

    [Fact]
    public async Task Where_a_prune_finds_nothing_to_do_it_would_write_nothing()
    {
        using var vault = await Vault.InitializedAsync("a");

        var report = await DryRunAsync(vault, Dry with { Prune = true });

        Assert.Equal((false, KeyAction.Keep), (report.WouldWrite, report.Key.Action));
        Assert.Null(report.Retirement);
    }

    [Fact]
    public async Task Where_a_prune_would_disable_or_destroy_a_key_and_in_between_not()
    {
        using var vault = await Vault.InitializedAsync("a");
        await vault.RotateAsync();
        var prune = Dry with { Prune = true, Retain = TimeSpan.FromDays(3) };

        Assert.True((await DryRunAsync(vault, prune)).WouldWrite);
        await vault.RotateAsync(prune with { DryRun = false });
        Assert.False((await DryRunAsync(vault, prune)).WouldWrite);
        vault.Clock.Moved = TimeSpan.FromDays(3.1);
        Assert.True((await DryRunAsync(vault, prune)).WouldWrite);
    }

    [Fact]
    public async Task Where_layers_would_be_healed_under_the_primary_key()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var keyset = vault.LoadKeyset();
        vault.Execute("UPDATE accounts SET password = $1", Vault.Layer(keyset, vault.Stored("a")!));

        var report = await DryRunAsync(vault, Dry with { Prune = true });

        Assert.True(report.WouldWrite);
        Assert.Equal(1, report.Plan.Layered);
    }

    [Fact]
    public async Task Where_another_format_would_be_written_under_the_key_there_is()
    {
        using var vault = await Vault.InitializedAsync("a");

        Assert.True((await DryRunAsync(vault, Dry with { Prune = true, Format = StoredFormat.Envelope })).WouldWrite);
        Assert.False((await DryRunAsync(vault, Dry with { Prune = true, Format = StoredFormat.Legacy })).WouldWrite);
    }

    [Fact]
    public async Task What_a_rotation_refuses_a_dry_run_refuses_too()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Execute("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'a'");
        var (database, key) = (vault.DatabaseBytes, vault.KeyFileBytes);

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Dry));

        Assert.Equal(RotationFailure.Unreadable, failure.Failure);
        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(key, vault.KeyFileBytes);
    }

    [Fact]
    public async Task Before_the_first_start_no_key_is_made()
    {
        using var vault = new Vault("a");
        var (database, files) = (vault.DatabaseBytes, FilesOf(vault));

        var report = await vault.InitAsync(Dry, store => store.Sessions = _ => [new StoreSession("process 1")]);

        Assert.Equal((true, KeyAction.Create), (report.WouldWrite, report.Key.Action));
        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(files, FilesOf(vault));
    }

    [Fact]
    public async Task After_the_first_start_only_what_came_in_the_clear_would_be_written()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        Assert.False((await vault.InitAsync(Dry)).WouldWrite);

        vault.Execute("UPDATE accounts SET password = 'secret of a' WHERE id = 'a'");
        var (database, key) = (vault.DatabaseBytes, vault.KeyFileBytes);

        Assert.True((await vault.InitAsync(Dry)).WouldWrite);
        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(key, vault.KeyFileBytes);
    }

    private static async Task<RotationReport> DryRunAsync(Vault vault, RotationOptions options)
    {
        var (database, key, files) = (vault.DatabaseBytes, vault.KeyFileBytes, FilesOf(vault));
        IReadOnlyList<string> transcript = [];

        var report = await vault.RotateAsync(options, store =>
        {
            transcript = store.Transcript;
            store.Sessions = _ => [new StoreSession("process 1")];
        });

        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(key, vault.KeyFileBytes);
        Assert.Equal(files, FilesOf(vault));
        Assert.DoesNotContain(
            transcript, asked => asked.StartsWith("replaced", StringComparison.Ordinal) || asked is "fence" or "sessions");
        return report;
    }

    /// <summary>The files but for the locks', which stay behind empty.</summary>
    private static string[] FilesOf(Vault vault) =>
        [.. Directory.GetFiles(vault.Folder)
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
