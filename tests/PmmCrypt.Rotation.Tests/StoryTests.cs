using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;
using static PmmCrypt.Rotation.Tests.StoryParts;

namespace PmmCrypt.Rotation.Tests;

/// <summary>What each kind of run says and does to the world outside, from its beginning to its end.</summary>
public sealed class StoryTests
{
    [Fact]
    public async Task A_rotation_with_a_new_key()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        var told = new Told(vault);

        await told.RotateAsync();

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            {Written}
            step key-noted
            {Replaced}
            {Replaced}
            {Written}
            step key-noted
            note added key {vault.Primary} and made it the primary. {BackUp}
            phase Sweep
            {Page}
            {Page}
            phase Verify
            """,
            told.Story.Told);
        Assert.Equal(["Sweep 2 of 3", "Sweep 3 of 3"], told.Story.Swept);
    }

    [Fact]
    public async Task A_rotation_to_a_key_that_was_waiting()
    {
        using var vault = await Vault.InitializedAsync("a");
        uint waiting = 0;
        vault.Edit(manager => waiting = manager.Add());
        var told = new Told(vault);

        await told.RotateAsync();

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            {Replaced}
            step key-noted
            note promoted key {waiting}, which was waiting
            phase Sweep
            {Page}
            phase Verify
            """,
            told.Story.Told);
        Assert.False(File.Exists(vault.NotesPath), "there was nothing to note");
    }

    [Fact]
    public async Task A_rotation_that_finishes_another_touches_only_what_is_left()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d", "e");
        using var service = vault.LoadKeyset();
        await vault.RotateAsync();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(service, "secret of c"));
        var before = vault.Rows();
        var told = new Told(vault);
        IReadOnlyList<string> transcript = [];

        var report = await told.RotateAsync(watch: store => transcript = store.Transcript);

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            phase Sweep
            {Page}
            phase Verify
            """,
            told.Story.Told);
        Assert.Equal(
            [
                "lock", "probe", "snapshot", "read 2 of accounts", "read 2 of accounts after b", "read 1 of accounts after d",
                "replaced 1 of 1 in accounts", "flushed", "snapshot",
            ],
            transcript);
        Assert.Equal(1, report.RowsReplaced);
        Assert.Equal(before.Where(row => row.Id != "c"), vault.Rows().Where(row => row.Id != "c"));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_rotation_that_keeps_the_key_file_of_before_and_is_killed_once()
    {
        using var vault = await Vault.InitializedAsync("a");
        var before = vault["before.key"];
        var options = Told.Options with { BackupPath = before };
        var killed = new Told(vault) { Story = { OnLine = line => Kill(line == "step page-sent") } };

        await Assert.ThrowsAsync<IOException>(() => killed.RotateAsync(options));
        var told = new Told(vault);
        await told.RotateAsync(options);

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            {Written}
            step backup-written
            {Written}
            step key-noted
            {Replaced}
            {Replaced}
            {Written}
            step key-noted
            note added key {vault.Primary} and made it the primary. {BackUp}
            phase Sweep
            step page-sent
            """,
            killed.Story.Told);
        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            note {before} was written by the run before, and stays
            step backup-written
            phase Sweep
            {Page}
            phase Verify
            """,
            told.Story.Told);
    }

    [Fact]
    public async Task A_rotation_to_another_format_keeps_the_services_record_first()
    {
        using var vault = new PmmVault();
        await vault.InitAsync();
        var story = new StoryTeller();
        string? recordAtFirstPage = null;
        await using var store = await vault.OpenAsync();
        store.BeforeReplace = page =>
        {
            if (page == 2)
                recordAtFirstPage = vault.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings");
        };

        await vault.Engine(store, story).RotateAsync(Told.Options with { Format = StoredFormat.Envelope }, default);

        using var cipher = vault.Cipher();
        Assert.Equal("pmm-encryption-key-check", cipher.Decrypt(recordAtFirstPage));
        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            {Written}
            step key-noted
            {Replaced}
            {Replaced}
            {Written}
            step key-noted
            note added key {cipher.PrimaryKeyId} and made it the primary. {BackUp}
            step page-updated
            step ledger-recorded
            phase Sweep
            {Page}
            {Page}
            phase Verify
            """,
            string.Join(Environment.NewLine, story.Lines.Where(line => !line.StartsWith("note skipped", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_first_start()
    {
        using var vault = new Vault("a", "b", "c");
        var told = new Told(vault);

        var report = await told.InitAsync();

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            {Created}
            note made a key: {vault.Primary}. {BackUp}
            phase Sweep
            {Page}
            {Page}
            phase Verify
            """,
            told.Story.Told);
        Assert.Equal(new KeyDecision(KeyAction.Create, vault.Primary), report.Key);
        Assert.Equal(3, report.RowsReplaced);
    }

    [Fact]
    public async Task A_first_start_encrypts_what_came_in_the_clear_and_rotates_nothing()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Edit(manager => manager.Promote(manager.Add()));
        var (primary, other) = (vault.Primary, vault.Stored("b"));
        Assert.False((await new Told(vault).InitAsync(Told.Options with { DryRun = true })).WouldWrite);
        vault.Execute("UPDATE accounts SET password = 'secret of a' WHERE id = 'a'");
        Assert.Equal(
            new KeyDecision(KeyAction.Keep, primary), (await new Told(vault).InitAsync(Told.Options with { DryRun = true })).Key);
        var told = new Told(vault);

        var report = await told.InitAsync();

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            phase Sweep
            {Page}
            phase Verify
            """,
            told.Story.Told);
        Assert.Equal(new KeyDecision(KeyAction.Keep, primary), report.Key);
        Assert.Equal((primary, other), (vault.KeyOf("a"), vault.Stored("b")));
    }

    [Fact]
    public async Task A_dry_run_which_does_not_wait_for_who_holds_the_key_file()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var held = KeyFileLock.Acquire(vault.KeyPath, Vault.Moment);
        var told = new Told(vault);

        await told.RotateAsync(Told.Options with { DryRun = true });

        Assert.Equal(["step locked", "phase Plan"], told.Story.Lines);
    }

    [Fact]
    public async Task A_key_that_is_taken_back_since_somebody_came()
    {
        using var vault = await Vault.InitializedAsync("a");
        var told = new Told(vault);

        await Assert.ThrowsAsync<RotationException>(() => told.RotateAsync(
            watch: store => store.Sessions = asked => asked == 1 ? [] : [new StoreSession("process 1")]));

        Assert.Equal(
            $"""
            step locked
            phase Plan
            phase Key
            {Written}
            step key-noted
            {Replaced}
            {Replaced}
            {Written}
            step key-noted
            """,
            told.Story.Told);
        Assert.Contains("\"adding\": null", File.ReadAllText(vault.NotesPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_cannot_be_taken_back()
    {
        using var vault = await Vault.InitializedAsync("a");
        var renamed = 0;
        var told = new Told(vault) { Story = { OnLine = line => Kill(line == "step key-renamed" && ++renamed == 2) } };

        await Assert.ThrowsAsync<IOException>(() => told.RotateAsync());

        Assert.Equal(
            $"warn key {vault.Primary}, which was to be added, could not be taken back: "
            + $"the key file {vault.KeyPath} was changed by somebody else after it was loaded: nothing was replaced",
            told.Story.Lines[^1]);
    }

    [Fact]
    public async Task What_is_amiss_with_key_file_table_and_schema_is_told_at_the_beginning()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute("CREATE TRIGGER audit AFTER UPDATE ON accounts BEGIN SELECT 1; END");
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(vault.KeyPath, (UnixFileMode)0b110_100_100);
        var told = new Told(vault) { Model = Vault.OlderModel("token") };

        await told.RotateAsync(Told.Options with { DryRun = true });

        Assert.Equal(
            $"""
            warn the key file {vault.KeyPath} (mode 0644) can be read by everybody on this machine, and with it every secret: chmod 600
            step locked
            phase Plan
            note skipped accounts.token: this database does not have it
            warn Trigger audit of table accounts may run for every row that is replaced: see that it stays true to the secrets.
            """,
            told.Story.Told);
    }

    private static void Kill(bool now)
    {
        if (now)
            throw new IOException("killed");
    }
}
