using System.Text.Json;
using System.Text.Json.Nodes;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Losses;

namespace PmmCrypt.Rotation.Tests;

/// <summary>
/// Values under a key that is said to be lost are moved into a file, and no other: of the accounts a to d, a has a password, and b an
/// option, under the lost key, and c a password under a stranger's.
/// </summary>
public sealed class KeyLossTests : IDisposable
{
    private readonly Keyset _lost = KeysetManager.Generate();
    private readonly Keyset _stranger = KeysetManager.Generate();

    private RotationOptions Accepting => Vault.Patient with { AcceptKeyLoss = [_lost.Primary.Id] };

    public void Dispose()
    {
        _lost.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task What_is_under_the_named_key_is_moved_into_a_file_and_its_fields_are_left_empty()
    {
        using var vault = await DamagedAsync();
        var (password, secret) = (vault.Stored("a"), vault.Secret("b"));

        var report = await vault.RotateAsync(Accepting);

        var loss = report.Loss!;
        Assert.Equal(2, loss.Count);
        Assert.Equal(["accounts a password", "accounts b options.secret"], loss.Values.Select(Place));
        Assert.All(loss.Values, value => Assert.Equal(_lost.Primary.Id, value.KeyId));
        Assert.Null(vault.Stored("a"));
        Assert.Equal("", vault.Secret("b"));
        Assert.Equal((0L, 0L), (report.Verified!.Unreadable, report.Verified.Stale));
        var file = JsonNode.Parse(File.ReadAllText(Assert.Single(loss.Files)))!;
        Assert.Equal(vault.KeyPath, (string?)file["key_path"]);
        var rows = file["tables"]!["accounts"]!.AsArray();
        Assert.Equal(["a", "b"], rows.Select(row => (string?)row!["id"]));
        Assert.Equal(password, (string?)rows[0]!["password"]);
        Assert.Null(rows[0]!["options"]);
        Assert.Null(rows[1]!["password"]);
        Assert.Equal(secret, (string?)rows[1]!["options"]!["secret"]);
        Assert.Equal(1.5, (double)rows[1]!["options"]!["n"]!);

        // All else is as it was, and was rotated.
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(vault.LoadKeyset(), "secret of a"));
        vault.Execute(
            "UPDATE accounts SET options = json_set(options, '$.secret', $1) WHERE id = 'b'",
            Vault.Seal(vault.LoadKeyset(), "secret of b"));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task The_file_is_its_owners_alone_and_has_the_name_of_PMMs()
    {
        using var vault = await DamagedAsync();

        var path = Assert.Single((await vault.RotateAsync(Accepting)).Loss!.Files);

        Assert.Equal(vault.Folder, Path.GetDirectoryName(path));
        Assert.Matches(@"^pmm-encryption-migration-backup-\d{8}T\d{6}\.\d{9}Z\.json$", Path.GetFileName(path));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public async Task The_file_is_there_before_a_row_is_changed()
    {
        using var vault = await DamagedAsync();
        var before = vault.Rows();
        var kept = 0;

        await vault.RotateAsync(Accepting, store => store.BeforeReplace = number =>
        {
            if (number > 1)
                return;
            kept = Files(vault).Length;
            Assert.Equal(before, vault.Rows());
        });

        Assert.Equal(1, kept);
    }

    [Fact]
    public async Task A_row_that_a_service_writes_meanwhile_keeps_what_it_wrote()
    {
        using var vault = await DamagedAsync();

        var report = await vault.RotateAsync(Accepting, store => store.BeforeReplace = number =>
        {
            if (number == 1)
                vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(vault.LoadKeyset(), "secret of a"));
        });

        Assert.Equal(["accounts b options.secret"], report.Loss!.Values.Select(Place));
        Assert.Equal(1, report.Loss.Count);
        using var cipher = new FieldCipher(vault.LoadKeyset(), StoredFormat.Legacy);
        Assert.Equal("secret of a", cipher.Decrypt(vault.Stored("a")));
    }

    [Fact]
    public async Task A_row_that_another_holds_is_moved_once_it_is_free()
    {
        using var vault = await DamagedAsync();
        var reads = 0;

        var report = await vault.RotateAsync(Accepting, store =>
        {
            store.AfterRead = _ => reads++;
            store.IsHeld = key => reads <= 2 && key.ToString() == "a";
        });

        Assert.Equal(2, report.Loss!.Count);
        Assert.Null(vault.Stored("a"));
    }

    [Fact]
    public async Task Another_value_that_does_not_open_is_a_reason_to_refuse_and_alone_named()
    {
        using var vault = await DamagedAsync();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(_stranger, "secret of c"));
        var before = vault.Rows();

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(Accepting));

        Assert.Equal(RotationFailure.Unreadable, refused.Failure);
        Assert.Equal(["accounts c password"], refused.Problems.Select(Place));
        Assert.StartsWith("1 of 8 encrypted values does not open", refused.Message);
        Assert.Equal(before, vault.Rows());
        Assert.Empty(Files(vault));
    }

    [Fact]
    public async Task Told_to_go_on_it_moves_the_named_and_leaves_the_other()
    {
        using var vault = await DamagedAsync();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(_stranger, "secret of c"));
        var other = vault.Stored("c");

        var report = await vault.RotateAsync(Accepting with { SkipUnreadable = true });

        Assert.Equal((2L, 1L), (report.Loss!.Count, report.Latest.Unreadable));
        Assert.Equal(other, vault.Stored("c"));
    }

    [Fact]
    public async Task A_value_that_opens_to_what_looks_like_a_ciphertext_of_the_key_is_left_alone()
    {
        using var vault = await Vault.InitializedAsync("a");
        var lookAlike = Vault.Seal(_lost, "its own key is lost");
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Layer(vault.LoadKeyset(), lookAlike));

        var report = await vault.RotateAsync(Accepting);

        Assert.Equal(0, report.Loss!.Count);
        Assert.Empty(Files(vault));
        using var cipher = new FieldCipher(vault.LoadKeyset(), StoredFormat.Legacy);
        Assert.Equal(lookAlike, cipher.Decrypt(vault.Stored("a")));
    }

    [Fact]
    public async Task Where_nothing_opens_any_more_the_loss_of_the_key_is_what_was_accepted()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var lost = vault.Primary;
        File.Delete(vault.KeyPath);
        using (var fresh = KeysetManager.Generate())
        using (var heldLock = KeyFileLock.Acquire(vault.KeyPath, Vault.Moment))
            KeyFile.Create(vault.KeyPath, fresh, heldLock).Dispose();
        Assert.Equal(
            RotationFailure.Key, (await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync())).Failure);

        var report = await vault.RotateAsync(Vault.Patient with { AcceptKeyLoss = [lost] });

        Assert.Equal(4, report.Loss!.Count);
        Assert.All(new[] { "a", "b" }, id => Assert.Null(vault.Stored(id)));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_moved_and_moves_nothing()
    {
        using var vault = await DamagedAsync();
        var before = vault.Rows();

        var report = await vault.RotateAsync(Accepting with { DryRun = true });

        Assert.True(report.WouldWrite);
        Assert.Equal(2, report.Loss!.Count);
        Assert.Equal(["accounts a password", "accounts b options.secret"], report.Loss.Values.Select(Place));
        Assert.Equal(before, vault.Rows());
        Assert.Empty(Files(vault));
    }

    [Fact]
    public async Task More_than_is_kept_in_memory_goes_into_several_files_and_comes_back_out_of_each()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d");
        string[] ids = ["a", "b", "c", "d"];
        var secrets = ids.ToDictionary(id => id, id => id + new string('x', 12 << 20));
        foreach (var (id, secret) in secrets)
            vault.Execute("UPDATE accounts SET password = $1 WHERE id = $2", Vault.Seal(_lost, secret), id);

        // However short it waits for others: there are none.
        var loss = (await vault.RotateAsync(Accepting with { SettleTimeout = TimeSpan.Zero })).Loss!;

        Assert.Equal(4, loss.Count);
        Assert.True(loss.Files.Count > 1);
        Assert.Equal(Files(vault).Order(), loss.Files.Order());
        Assert.All(ids, id => Assert.Null(vault.Stored(id)));

        using (var heldLock = KeyFileLock.Acquire(vault["found.key"], Vault.Moment))
            KeyFile.Create(vault["found.key"], _lost, heldLock).Dispose();
        await using (var store = await vault.OpenAsync())
        {
            foreach (var file in loss.Files)
            {
                var back = await vault.Engine(store).RestoreAsync(file, [vault["found.key"]], Vault.Patient, default);
                Assert.True(back.IsWhole);
            }
        }

        using var cipher = new FieldCipher(vault.LoadKeyset(), StoredFormat.Legacy);
        Assert.All(ids, id => Assert.Equal(secrets[id], cipher.Decrypt(vault.Stored(id))));
    }

    [Fact]
    public async Task What_was_moved_keeps_every_key_through_the_prune_of_the_same_run()
    {
        using var vault = await DamagedAsync();
        var before = vault.KeyIds;

        var report = await vault.RotateAsync(Accepting with { Prune = true, Retain = TimeSpan.Zero });

        Assert.Null(report.Retirement);
        Assert.Equal(
            "no key was retired: what was moved into a backup file may need one, once the lost key is found",
            Assert.Single(vault.Said.Warnings));
        Assert.Subset(vault.KeyIds.ToHashSet(), before.ToHashSet());
    }

    [Fact]
    public async Task Where_nothing_was_under_the_lost_key_the_prune_goes_on()
    {
        using var vault = await Vault.InitializedAsync("a");

        var report = await vault.RotateAsync(Accepting with { Prune = true });

        Assert.Empty(report.Loss!.Files);
        Assert.NotNull(report.Retirement);
    }

    [Fact]
    public async Task Beside_another_session_nothing_is_moved_and_no_key_added()
    {
        using var vault = await DamagedAsync();
        var before = vault.Rows();

        var refused = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(
            Accepting, store => store.Sessions = _ => [new Stores.StoreSession("a service")]));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Equal(before, vault.Rows());
        Assert.Single(vault.KeyIds);
    }

    [Fact]
    public async Task A_repair_opens_what_it_can_and_moves_the_rest()
    {
        using var vault = await DamagedAsync();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(_stranger, "secret of c"));
        using (var heldLock = KeyFileLock.Acquire(vault["found.key"], Vault.Moment))
            KeyFile.Create(vault["found.key"], _stranger, heldLock).Dispose();
        await using var store = await vault.OpenAsync();

        var (report, _) = await vault.Engine(store).RepairAsync([vault["found.key"]], Accepting, default);

        Assert.Equal((2L, 0L, 0L), (report.Loss!.Count, report.Verified!.Unreadable, report.Verified.Stale));
        Assert.Null(vault.Stored("a"));
        Assert.Equal(vault.Primary, vault.KeyOf("c"));
    }

    [Fact]
    public async Task A_repair_does_not_move_what_a_named_file_opens()
    {
        using var vault = await DamagedAsync();
        using (var heldLock = KeyFileLock.Acquire(vault["found.key"], Vault.Moment))
            KeyFile.Create(vault["found.key"], _lost, heldLock).Dispose();
        await using var store = await vault.OpenAsync();

        var refused = await Assert.ThrowsAsync<RotationException>(
            () => vault.Engine(store).RepairAsync([vault["found.key"]], Accepting, default));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.Empty(Files(vault));
    }

    [Fact]
    public async Task A_secret_in_the_clear_beside_a_lost_one_has_no_place_in_the_file_and_stays_in_the_database()
    {
        using var vault = await DamagedAsync();
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.later', 'in the clear') WHERE id = 'b'");

        var path = Assert.Single((await vault.RotateAsync(Accepting)).Loss!.Files);

        Assert.DoesNotContain("in the clear", File.ReadAllText(path));
        Assert.Equal("in the clear", vault.Stored("b", "json_extract(options, '$.later')"));
    }

    [Fact]
    public async Task Where_the_folder_of_the_key_file_cannot_be_written_the_other_folder_is_taken()
    {
        using var vault = await Vault.InitializedAsync("a");
        Directory.CreateDirectory(vault["other"]);
        var now = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.FromHours(1));
        var name = LossFile.NameAt(now);
        Directory.CreateDirectory(vault[name]);     // in the way
        var location = new KeyFileLocation(vault.KeyPath, []) { OtherFolder = vault["other"] };
        using var custody = KeyCustody.Open(location, Vault.Moment, new Silence(), mayBeMissing: false, default);

        var path = custody.KeepValues("content"u8, now);

        Assert.Equal(Path.Combine(vault["other"], name), path);
        Assert.Equal("content", File.ReadAllText(path));
        Assert.Equal("pmm-encryption-migration-backup-20260304T040607.000000000Z.json", name);
        Assert.NotEqual(path, custody.KeepValues("more"u8, now));
        Assert.Equal("content", File.ReadAllText(path));
    }

    [Fact]
    public async Task Where_no_file_can_be_written_nothing_is_taken_out()
    {
        using var vault = await Vault.InitializedAsync("a");
        var now = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
        Directory.CreateDirectory(vault[LossFile.NameAt(now)]);
        var location = new KeyFileLocation(vault.KeyPath, []) { OtherFolder = vault["none"] };
        using var custody = KeyCustody.Open(location, Vault.Moment, new Silence(), mayBeMissing: false, default);

        var refused = Assert.Throws<RotationException>(() => custody.KeepValues("content"u8, now));

        Assert.Equal(RotationFailure.Refused, refused.Failure);
        Assert.StartsWith(
            $"values are not taken out of the database without a backup, and none can be written: "
            + $"there is a file {vault[LossFile.NameAt(now)]} already",
            refused.Message, StringComparison.Ordinal);
        Assert.Equal("make room in the folder of the key file, or run this as a user who may write there", refused.Hint);
    }

    [Fact]
    public async Task A_key_check_under_the_lost_key_is_made_anew_and_is_in_no_file()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });
        using (var cipher = new FieldCipher(_lost, StoredFormat.Envelope))
        {
            vault.Execute(
                "UPDATE settings SET settings = json_set(settings, '$.encryption_key_check', $1)",
                cipher.Encrypt("pmm-encryption-key-check")!);
        }

        await using var store = await vault.OpenAsync();
        // At no moment is there none: a database that was killed then would be taken for one of the other format.
        store.AfterReplace = _ => Assert.StartsWith(
            "pmm1$", vault.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings"), StringComparison.Ordinal);
        var report = await vault.Engine(store).RotateAsync(Accepting, default);

        Assert.Equal((0L, 0), (report.Loss!.Count, report.Loss.Files.Count));
        using var after = vault.Cipher();
        Assert.Equal(
            "pmm-encryption-key-check", after.Decrypt(vault.Scalar("SELECT json_extract(settings, '$.encryption_key_check') FROM settings")));
        Assert.Equal(0, report.Verified!.Unreadable);
    }

    [Fact]
    public async Task Rows_that_are_held_for_good_are_work_that_remains()
    {
        using var vault = await DamagedAsync();

        await Told.FailsAsync(
            RotationFailure.WorkRemains, "2 rows with values under lost keys are held by another session",
            "stop the service, then run the same command: it goes on",
            () => vault.RotateAsync(Accepting with { SettleTimeout = TimeSpan.Zero }, store => store.IsHeld = _ => true));

        Assert.NotNull(vault.Stored("a"));
    }

    [Fact]
    public async Task Each_page_that_is_emptied_is_a_step()
    {
        using var vault = await DamagedAsync();
        var told = new Told(vault);
        await using var store = await vault.OpenAsync();

        await told.Engine(store).RepairAsync([], Told.Options with { AcceptKeyLoss = [_lost.Primary.Id] }, default);

        // The rows a and b are one page, and all else is under the primary already.
        Assert.Equal(
            [
                "step locked", .. StoryParts.WrittenLines, "step loss-kept",
                "step page-sent", "step page-updated", "step page-committed",
            ],
            told.Story.Lines.Where(line => line.StartsWith("step ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_dry_run_counts_what_is_under_the_named_keys_and_no_other()
    {
        using var vault = await DamagedAsync();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(_stranger, "secret of c"));

        var report = await vault.RotateAsync(Accepting with { DryRun = true, SkipUnreadable = true });

        Assert.Equal(["accounts a password", "accounts b options.secret"], report.Loss!.Values.Select(Place));
        Assert.Equal(2, report.Loss.Count);
    }

    [Fact]
    public async Task Nor_does_it_count_the_services_own_key_check()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });
        using (var cipher = new FieldCipher(_lost, StoredFormat.Envelope))
        {
            vault.Execute(
                "UPDATE settings SET settings = json_set(settings, '$.encryption_key_check', $1)",
                cipher.Encrypt("pmm-encryption-key-check")!);
        }

        await using var store = await vault.OpenAsync();
        var report = await vault.Engine(store).RotateAsync(Accepting with { DryRun = true }, default);

        Assert.Equal((0L, 0), (report.Loss!.Count, report.Loss.Values.Count));
    }

    [Fact]
    public async Task The_file_says_when_it_was_made()
    {
        using var vault = await DamagedAsync();

        var path = Assert.Single((await vault.RotateAsync(Accepting)).Loss!.Files);

        Assert.Matches(@"""created_at"": ""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ""", File.ReadAllText(path));
    }

    private static string Place(Counting.ValueProblem value) => $"{value.Field.Table} {value.Row} {value.Field.Name}";

    private static string[] Files(Vault vault) => Directory.GetFiles(vault.Folder, "pmm-encryption-migration-backup-*");

    private async Task<Vault> DamagedAsync()
    {
        var vault = await Vault.InitializedAsync("a", "b", "c", "d");
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(_lost, "secret of a"));
        vault.Execute(
            "UPDATE accounts SET options = json_set(options, '$.secret', $1) WHERE id = 'b'",
            Vault.Seal(_lost, "secret of b", StoredFormat.Envelope));
        return vault;
    }
}
