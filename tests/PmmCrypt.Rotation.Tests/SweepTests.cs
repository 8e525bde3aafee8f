using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Rotation.Keys;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>The sweep beside writers, faults and interruptions.</summary>
public sealed class SweepTests
{
    [Fact]
    public async Task A_rotation_is_this_conversation()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d", "e");
        IReadOnlyList<string> transcript = [];

        await vault.RotateAsync(watch: store => transcript = store.Transcript);

        Assert.Equal(
            """
            lock
            probe
            snapshot
            sessions
            sessions
            read 2 of accounts
            read 2 of accounts after b
            replaced 2 of 2 in accounts
            read 1 of accounts after d
            replaced 2 of 2 in accounts
            replaced 1 of 1 in accounts
            flushed
            snapshot
            """,
            string.Join(Environment.NewLine, transcript));
    }

    [Fact]
    public async Task What_a_service_writes_between_read_and_replace_is_kept_and_brought_under_the_key()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        using var service = vault.LoadKeyset();

        var report = await vault.RotateAsync(watch: store => store.BeforeReplace = page =>
        {
            if (page == 1)
                vault.Execute("UPDATE accounts SET password = $1, other = 'theirs' WHERE id = 'a'",
                    Vault.Seal(service, "written meanwhile"));
        });

        using var cipher = new FieldCipher(vault.LoadKeyset(), StoredFormat.Legacy);
        Assert.Equal("written meanwhile", cipher.Decrypt(vault.Stored("a")));
        Assert.Equal("theirs", vault.Stored("a", "other"));
        Assert.Equal(vault.Primary, vault.KeyOf("a"));
        Assert.Equal(0, report.Latest.Stale);
    }

    [Fact]
    public async Task A_clear_member_that_a_service_changes_meanwhile_is_kept()
    {
        using var vault = await Vault.InitializedAsync("a");

        await vault.RotateAsync(watch: store => store.BeforeReplace = page =>
        {
            if (page == 1)
                vault.Execute("UPDATE accounts SET options = json_set(options, '$.count', 42) WHERE id = 'a'");
        });

        Assert.Equal("42", vault.Stored("a", "CAST(json_extract(options, '$.count') AS TEXT)"));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_service_that_goes_on_with_the_old_key_is_named_when_the_time_is_over()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var service = vault.LoadKeyset();
        var old = vault.Primary;

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(
            Vault.Patient with { SettleTimeout = TimeSpan.FromMilliseconds(600) },
            store => store.AfterReplace = _ =>
                vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(service, "secret of a"))));

        Assert.Equal(RotationFailure.WorkRemains, failure.Failure);
        Assert.Contains($"key {old}", failure.Message, StringComparison.Ordinal);
        vault.AssertIntact();

        var report = await vault.RotateAsync();
        Assert.Equal(KeyAction.Finish, report.Key.Action);
        Assert.Equal(2, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_row_that_is_held_for_long_is_reported_and_the_others_are_done()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(
            Vault.Patient with { SettleTimeout = TimeSpan.FromMilliseconds(300) }, store => store.IsHeld = key => key.ToString() == "b"));

        Assert.Equal(RotationFailure.WorkRemains, failure.Failure);
        Assert.Contains("held by another session", failure.Message, StringComparison.Ordinal);
        Assert.Equal((vault.Primary, vault.Primary), (vault.KeyOf("a"), vault.KeyOf("c")));
        vault.AssertIntact();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_database_that_goes_away_leaves_every_value_readable_and_the_next_run_adds_no_key(int page)
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d", "e");

        await Assert.ThrowsAsync<StoreException>(() => vault.RotateAsync(watch: store => store.BeforeReplace = at =>
        {
            if (at == page)
                throw new StoreException("the connection was lost");
        }));
        vault.AssertIntact();

        var report = await vault.RotateAsync();
        Assert.Equal(KeyAction.Finish, report.Key.Action);
        Assert.Equal(2, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_stop_lets_the_page_end_and_the_next_run_finishes()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d", "e");
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => vault.RotateAsync(
            watch: store => store.BeforeReplace = _ => stop.Cancel(), stop: stop.Token));

        Assert.Equal(vault.Primary, vault.KeyOf("a"));      // its page was brought to its end
        Assert.NotEqual(vault.Primary, vault.KeyOf("e"));
        vault.AssertIntact();
        Assert.Equal(KeyAction.Finish, (await vault.RotateAsync()).Key.Action);
        Assert.Equal(2, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_run_that_finishes_another_reads_no_table_in_which_nothing_is_left()
    {
        using var vault = new PmmVault();
        await vault.InitAsync();
        using var service = vault.Cipher();
        await RotateAsync();
        vault.Execute("UPDATE agents SET username = $1 WHERE agent_id = 'b'", service.Encrypt("user")!);

        var read = await RotateAsync();

        Assert.Contains(read, line => line.EndsWith(" of agents", StringComparison.Ordinal));
        Assert.DoesNotContain(read, line => line.EndsWith(" of backup_locations", StringComparison.Ordinal));

        async Task<IReadOnlyList<string>> RotateAsync()
        {
            await using var store = await vault.OpenAsync();
            await vault.Engine(store).RotateAsync(Vault.Patient, default);
            return [.. store.Transcript.Where(line => line.StartsWith("read ", StringComparison.Ordinal))];
        }
    }

    [Fact]
    public async Task Layers_are_brought_into_one_and_the_value_is_named()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var keyset = vault.LoadKeyset();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Layer(keyset, Vault.Layer(keyset, vault.Stored("b")!)));

        var report = await vault.RotateAsync();

        Assert.Equal(1, report.Plan.Layered);
        Assert.Equal(["accounts b password"], report.Healed);
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_secret_that_looks_like_a_ciphertext_stays_what_it_is_and_is_counted()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var keyset = vault.LoadKeyset();
        using var foreign = KeysetManager.Generate();
        var lookAlike = Vault.Seal(foreign, "of another key");
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Seal(keyset, lookAlike));

        var report = await vault.RotateAsync();

        using var cipher = new FieldCipher(vault.LoadKeyset(), StoredFormat.Legacy);
        Assert.Equal(lookAlike, cipher.Decrypt(vault.Stored("b")));
        Assert.Equal(1, report.Latest.LooksEncrypted);
        vault.AssertIntact(except: "b");
    }

    [Fact]
    public async Task Values_in_the_clear_are_left_and_counted()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Execute("UPDATE accounts SET password = 'in the clear' WHERE id = 'b'");

        var report = await vault.RotateAsync();

        Assert.Equal("in the clear", vault.Stored("b"));
        Assert.Equal(1, report.Latest.Clear);
        vault.AssertIntact(except: "b");
    }

    [Fact]
    public async Task Null_JSON_null_and_the_empty_string_stay_as_they_are()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute("UPDATE accounts SET password = NULL, options = 'null' WHERE id = 'b'");
        vault.Execute("UPDATE accounts SET password = '', options = '{\"secret\":\"\",\"later\":null}' WHERE id = 'c'");

        await vault.RotateAsync();

        Assert.Null(vault.Stored("b"));
        Assert.Equal("null", vault.Stored("b", "options"));
        Assert.Equal("", vault.Stored("c"));
        Assert.Equal("{\"secret\":\"\",\"later\":null}", vault.Stored("c", "options"));
    }

    [Fact]
    public async Task A_rotation_keeps_each_values_format_unless_it_is_told_another()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var keyset = vault.LoadKeyset();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Seal(keyset, "secret of b", StoredFormat.Envelope));

        await vault.RotateAsync();
        Assert.False(vault.Stored("a")!.StartsWith("pmm1$", StringComparison.Ordinal));
        Assert.StartsWith("pmm1$", vault.Stored("b"), StringComparison.Ordinal);

        await vault.RotateAsync(Vault.Patient with { Format = StoredFormat.Envelope });
        Assert.StartsWith("pmm1$", vault.Stored("a"), StringComparison.Ordinal);
        Assert.StartsWith("pmm1$", vault.Secret("a"), StringComparison.Ordinal);
        vault.AssertIntact(underPrimary: true);

        await vault.RotateAsync(Vault.Patient with { Format = StoredFormat.Legacy });
        Assert.False(vault.Stored("b")!.StartsWith("pmm1$", StringComparison.Ordinal));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task A_format_in_which_a_field_would_be_in_the_clear_is_refused()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var keyset = vault.LoadKeyset();
        var later = Vault.Seal(keyset, "token", StoredFormat.Envelope);
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.later', $1)", later);

        var failure = await Assert.ThrowsAsync<RotationException>(
            () => vault.RotateAsync(Vault.Patient with { Format = StoredFormat.Legacy }));

        Assert.Equal(RotationFailure.Refused, failure.Failure);
        Assert.Contains("options.later", failure.Message, StringComparison.Ordinal);
        Assert.Equal(later, vault.Stored("a", "json_extract(options, '$.later')"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_value_that_is_damaged_after_the_plan_is_named_and_left_as_it_is(bool isText)
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        using var service = vault.LoadKeyset();
        var damaged = isText ? $"\"{Vault.Seal(service, "token", StoredFormat.Envelope)[..^8]}AAAAAAA=\"" : "17";
        var options = $$"""{"secret": "{{Vault.Seal(service, "secret of b")}}", "later": {{damaged}}}""";

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.RotateAsync(watch: store => store.Sessions = asked =>
        {
            if (asked == 1)     // after the plan, before the first page
                vault.Execute("UPDATE accounts SET options = $1 WHERE id = 'b'", options);
            return [];
        }));

        Assert.Equal(RotationFailure.Unreadable, failure.Failure);
        var problem = Assert.Single(failure.Problems);
        Assert.Equal(("b", "options.later"), (problem.Row.ToString(), problem.Field.Name));
        Assert.EndsWith($", \"later\": {damaged}}}", vault.Stored("b", "options"));
        Assert.Equal((vault.Primary, vault.Primary), (vault.KeyOf("a"), vault.KeyOf("b")));
        Assert.StartsWith("{\"secret\": \"", vault.Stored("b", "options"), StringComparison.Ordinal);
        vault.AssertIntact(underPrimary: true, except: "b");
    }

    [Fact]
    public async Task Where_it_was_asked_for_what_does_not_open_stays_and_all_else_is_rotated()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        var old = vault.Primary;
        vault.Execute("UPDATE accounts SET password = substr(password, 1, 30) WHERE id = 'a'");
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.later', 17) WHERE id = 'b'");
        vault.Execute("UPDATE accounts SET options = '{\"secret\": ' WHERE id = 'c'");
        var damaged = vault.Stored("a");

        var report = await vault.RotateAsync(Vault.Patient with { SkipUnreadable = true, Prune = true, NewKey = true });

        Assert.Equal(
            ["accounts a password", "accounts b options.later", "accounts c options.secret"],
            report.Latest.Problems.Select(problem => $"{problem.Field.Table} {problem.Row} {problem.Field.Name}"));
        Assert.Equal(0, report.Latest.Stale);
        Assert.NotEqual(old, vault.Primary);
        Assert.Equal((damaged, "{\"secret\": "), (vault.Stored("a"), vault.Stored("c", "options")));
        Assert.EndsWith("\"later\":17}", vault.Stored("b", "options"));
        Assert.Equal((vault.Primary, vault.Primary), (vault.KeyOf("b"), vault.KeyOf("c")));
        using var keyset = vault.LoadKeyset();
        using var cipher = new FieldCipher(keyset, StoredFormat.Legacy);
        Assert.Equal(
            ["secret of a", "secret of b"], new[] { "a", "b" }.Select(id => cipher.Decrypt(vault.Secret(id))));
        Assert.Equal(vault.Primary, cipher.Inspect(vault.Secret("b")).KeyId);
        // The damaged value may need the older key: it opens again once its bytes are mended.
        Assert.Null(report.Retirement);
        Assert.Equal(KeyStatus.Enabled, keyset.Find(old)!.Status);
    }

    [Fact]
    public async Task A_key_file_of_another_database_is_no_damage_to_skip()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var other = await Vault.InitializedAsync("a");
        File.Copy(other.KeyPath, vault.KeyPath, overwrite: true);
        var before = vault.KeyFileBytes;

        var failure = await Assert.ThrowsAsync<RotationException>(
            () => vault.RotateAsync(Vault.Patient with { SkipUnreadable = true }));

        Assert.Equal(RotationFailure.Key, failure.Failure);
        Assert.Equal(before, vault.KeyFileBytes);
    }

    [Fact]
    public async Task A_column_that_a_migration_brings_while_it_runs_is_not_passed_over_in_silence()
    {
        using var vault = await Vault.InitializedAsync("a");
        await using var store = await vault.OpenAsync();
        store.AfterReplace = page =>
        {
            if (page == 1)
                vault.Execute("ALTER TABLE accounts ADD COLUMN token TEXT");
        };
        var pmm = Vault.OlderModel("token");

        var failure = await Assert.ThrowsAsync<RotationException>(() => vault.Engine(store, pmm).RotateAsync(Vault.Patient, default));

        Assert.Equal(RotationFailure.WorkRemains, failure.Failure);
        Assert.Contains("accounts.token is new", failure.Message);
        await using var again = await vault.OpenAsync();
        var report = await vault.Engine(again, pmm).RotateAsync(Vault.Patient with { Prune = true }, default);
        Assert.Empty(report.Missing);
    }

    [Fact]
    public async Task A_backup_that_a_killed_run_wrote_is_taken_for_what_it_is()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        var before = vault.KeyFileBytes;
        var options = Vault.Patient with { BackupPath = vault["before.key"] };
        // Killed before the key is made, and once more in the sweep: the same command goes on, and the file of before stays that.
        await Assert.ThrowsAsync<IOException>(() => vault.RotateAsync(options, store => store.Sessions = _ => throw new IOException("killed")));
        await Assert.ThrowsAsync<IOException>(
            () => vault.RotateAsync(options, store => store.BeforeReplace = page => throw new IOException("killed")));

        await vault.RotateAsync(options);

        Assert.Equal(before, File.ReadAllBytes(vault["before.key"]));
        Assert.Equal(2, vault.KeyIds.Count);
        vault.AssertIntact(underPrimary: true);
        // Done: the next rotation's file of before is another.
        var refused = await Assert.ThrowsAsync<KeyFileException>(() => vault.RotateAsync(options));
        Assert.Equal(KeyFileProblem.Exists, refused.Kind);
        Assert.Equal(2, vault.KeyIds.Count);
    }

    [Fact]
    public async Task The_key_file_of_before_is_written_where_it_was_asked_for()
    {
        using var vault = await Vault.InitializedAsync("a");
        var before = vault.KeyFileBytes;

        await vault.RotateAsync(Vault.Patient with { BackupPath = vault["before.key"] });

        Assert.Equal(before, File.ReadAllBytes(vault["before.key"]));
        if (OperatingSystem.IsLinux())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(vault["before.key"]));
    }
}
