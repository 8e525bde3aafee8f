using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using static PmmCrypt.Rotation.Tests.StoryParts;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A sweep with more keys to open with than the key file has.</summary>
public sealed class RepairTests
{
    private readonly Keyset _lost = KeysetManager.Generate();

    [Fact]
    public async Task Its_story_is_a_rotations_without_a_key()
    {
        using var vault = await DamagedAsync();
        var told = new Told(vault);

        await told.RepairAsync(vault["lost.key"]);

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Sweep
            {Page}
            phase Verify
            """,
            told.Story.Told);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task The_report_says_what_was_found_and_done()
    {
        using var vault = await DamagedAsync();
        await using var store = await vault.OpenAsync();

        var (report, borrowed) = await vault.Engine(store).RepairAsync([vault["lost.key"]], Vault.Patient, default);

        Assert.Equal((1L, 1L, 0L), (report.Plan.OffPrimary, report.Plan.Layered, report.Plan.Unreadable));
        Assert.Equal((2L, 0L), (report.RowsReplaced, report.Verified!.Stale));
        Assert.Equal(["accounts b password"], report.Healed);
        Assert.Equal(Keys.KeyAction.Keep, report.Key.Action);
        Assert.Equal((vault.Primary, vault.Primary), (report.PrimaryKeyId, report.Key.KeyId));
        Assert.True(report.WouldWrite);
        Assert.Contains(RotationPhase.Sweep, report.Durations.Keys);
        Assert.Equal(vault["lost.key"], Assert.Single(borrowed).Path);
        Assert.Equal([_lost.Primary.Id], borrowed[0].KeyIds);
        Assert.Equal(2, new Healing.RepairReport(report, borrowed).LayersUnder(borrowed[0]));
    }

    [Fact]
    public async Task A_dry_run_writes_nothing_and_takes_no_file_lock()
    {
        using var vault = await DamagedAsync();
        var rows = vault.Rows();
        using var held = KeyFileLock.Acquire(vault.KeyPath, Vault.Moment);
        await using var store = await vault.OpenAsync();

        var (report, _) = await vault.Engine(store).RepairAsync([vault["lost.key"]], Vault.Patient with { DryRun = true }, default);

        Assert.True(report.WouldWrite);
        Assert.Null(report.Verified);
        Assert.Equal(rows, vault.Rows());
    }

    [Fact]
    public async Task The_key_file_must_be_there()
    {
        using var vault = new Vault("a");
        await using var store = await vault.OpenAsync();

        var refused = await Assert.ThrowsAsync<KeyFileException>(() => vault.Engine(store).RepairAsync([], Vault.Patient, default));
        Assert.Equal(KeyFileProblem.Missing, refused.Kind);
    }

    [Fact]
    public async Task A_key_that_the_key_file_has_disabled_and_another_has_not_opens()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var first = vault.Primary;
        File.Copy(vault.KeyPath, vault["before.key"]);
        using var before = vault.LoadKeyset();
        await vault.RotateAsync();
        vault.Edit(manager => manager.Disable(first));
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(before, "secret of a"));
        var keyFile = vault.KeyFileBytes;
        await using var store = await vault.OpenAsync();

        var (_, borrowed) = await vault.Engine(store).RepairAsync([vault["before.key"]], Vault.Patient, default);

        Assert.Equal([first], Assert.Single(borrowed).KeyIds);
        vault.AssertIntact(underPrimary: true);
        Assert.Equal(keyFile, vault.KeyFileBytes);
    }

    [Fact]
    public async Task What_nothing_opens_is_in_the_report_and_no_error()
    {
        using var vault = await DamagedAsync();
        using var stranger = KeysetManager.Generate();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(stranger, "secret of c"));
        await using var store = await vault.OpenAsync();

        var (report, _) = await vault.Engine(store).RepairAsync([vault["lost.key"]], Vault.Patient, default);

        Assert.Equal(stranger.Primary.Id, Assert.Single(report.Verified!.Problems).KeyId);
        vault.AssertIntact(except: "c");
    }

    /// <summary>Of three accounts, a is under a key that is not in the key file, and b has a layer of that key beneath the primary's.</summary>
    private async Task<Vault> DamagedAsync()
    {
        var vault = await Vault.InitializedAsync("a", "b", "c");
        using var keyset = vault.LoadKeyset();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(_lost, "secret of a"));
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Layer(keyset, Vault.Seal(_lost, "secret of b")));
        using var heldLock = KeyFileLock.Acquire(vault["lost.key"], Vault.Moment);
        KeyFile.Create(vault["lost.key"], _lost, heldLock).Dispose();
        return vault;
    }
}
