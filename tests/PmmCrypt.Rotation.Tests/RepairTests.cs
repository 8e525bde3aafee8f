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

    [Fact]
    public async Task A_file_lends_only_what_the_key_file_does_not_have_and_once()
    {
        using var vault = await DamagedAsync();
        File.Copy(vault.KeyPath, vault["copy.key"]);
        vault.OtherKeyFiles = [vault["lost.key"], vault["none.key"]];
        await using var store = await vault.OpenAsync();

        var (_, borrowed) = await vault.Engine(store).RepairAsync([vault["copy.key"], vault["lost.key"]], Vault.Patient, default);

        Assert.Equal(vault["lost.key"], Assert.Single(borrowed).Path);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_file_that_need_not_be_there_is_used_where_it_can_be()
    {
        using var vault = await DamagedAsync();
        File.WriteAllText(vault["notes.key"], "no key file");
        var damaged = Convert.FromBase64String(File.ReadAllText(vault.KeyPath));
        damaged[^20] ^= 1;
        File.WriteAllText(vault["damaged.key"], Convert.ToBase64String(damaged));
        vault.OtherKeyFiles = [vault["notes.key"], vault["damaged.key"], vault["lost.key"]];
        var told = new Told(vault);

        var (_, borrowed) = await told.RepairAsync();

        Assert.Equal(vault["lost.key"], Assert.Single(borrowed).Path);
        var warnings = told.Story.Lines.Where(line => line.StartsWith("warn ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, warnings.Length);
        Assert.StartsWith($"warn {vault["notes.key"]} is not used: {vault["notes.key"]} is not a key file", warnings[0]);
        Assert.StartsWith($"warn {vault["damaged.key"]} is not used: key {vault.Primary} has other bytes", warnings[1]);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_key_that_the_other_file_has_disabled_opens_here()
    {
        using var vault = await DamagedAsync();
        using (var manager = new KeysetManager(vault.LoadKeyset()))
        {
            manager.Merge(_lost);
            manager.Disable(_lost.Primary.Id);
            using var both = manager.ToKeyset();
            File.WriteAllText(vault["retired.key"], InsecureCleartextKeyset.Write(both));
        }

        await using var store = await vault.OpenAsync();
        await vault.Engine(store).RepairAsync([vault["retired.key"]], Vault.Patient, default);

        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task The_layers_of_all_of_a_files_keys_are_counted()
    {
        using var vault = await DamagedAsync();
        using var second = KeysetManager.Generate();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(second, "secret of c"));
        using (var manager = new KeysetManager(_lost))
        {
            manager.Merge(second);
            using var both = manager.ToKeyset();
            File.WriteAllText(vault["both.key"], InsecureCleartextKeyset.Write(both));
        }

        await using var store = await vault.OpenAsync();
        var report = await vault.Engine(store).RepairAsync([vault["both.key"]], Vault.Patient, default);

        Assert.Equal(3, report.LayersUnder(Assert.Single(report.Borrowed)));
    }

    [Fact]
    public async Task Where_all_is_well_nothing_is_written_and_nobody_is_asked_to_share()
    {
        using var vault = await Vault.InitializedAsync("a");
        var told = new Told(vault);

        var (report, borrowed) = await told.RepairAsync();

        Assert.False(report.WouldWrite);
        Assert.Empty(borrowed);
        Assert.Equal($"step locked{Environment.NewLine}phase Plan", told.Story.Told);
    }

    [Fact]
    public async Task Beside_a_session_that_may_have_the_borrowed_key_alone_nothing_is_written()
    {
        using var vault = await DamagedAsync();
        var rows = vault.Rows();
        await using var store = await vault.OpenAsync();
        store.Sessions = _ => [new Stores.StoreSession("a service")];

        var refused = await Assert.ThrowsAsync<RotationException>(
            () => vault.Engine(store).RepairAsync([vault["lost.key"]], Vault.Patient, default));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Equal(rows, vault.Rows());
    }

    [Fact]
    public async Task Beneath_a_layer_of_the_primary_a_key_is_borrowed_beside_any_session()
    {
        using var vault = await DamagedAsync();
        vault.Execute("DELETE FROM accounts WHERE id = 'a'");
        await using var store = await vault.OpenAsync();
        store.Sessions = _ => [new Stores.StoreSession("a service")];

        await vault.Engine(store).RepairAsync([vault["lost.key"]], Vault.Patient, default);

        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Documents_in_strings_are_made_documents_where_that_is_asked_for()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute("UPDATE accounts SET options = json_quote(options)");
        await using var store = await vault.OpenAsync();

        var (report, _) = await vault.Engine(store).RepairAsync([], Vault.Patient with { Normalize = true }, default);

        Assert.True(report.Normalizes);
        Assert.StartsWith("{", vault.Stored("a", "options"), StringComparison.Ordinal);
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
