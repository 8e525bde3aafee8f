using System.Text.Json.Nodes;
using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Losses;

namespace PmmCrypt.Rotation.Tests;

/// <summary>
/// What was moved into a file is put back once the key is found: of the accounts a to d, the password of a and an option of b were under the
/// lost key.
/// </summary>
public sealed class RestorationTests : IDisposable
{
    private readonly Keyset _lost = KeysetManager.Generate();

    public void Dispose() => _lost.Dispose();

    [Fact]
    public async Task With_the_key_every_value_is_back_under_the_primary()
    {
        using var vault = await LostAsync();
        var keyFile = vault.KeyFileBytes;
        var file = File.ReadAllText(Backup(vault));

        var report = await RestoreAsync(vault);

        Assert.Equal(["accounts a password", "accounts b options.secret"], report.Restored.Select(Place));
        Assert.Equal((0L, 0, 0), (report.InPlace, report.Left.Count, report.Unopened.Count));
        Assert.Equal(vault["found.key"], Assert.Single(report.Borrowed).Path);
        vault.AssertIntact(underPrimary: true);
        Assert.Equal(file, File.ReadAllText(Backup(vault)));
        Assert.Equal(keyFile, vault.KeyFileBytes);

        var again = await RestoreAsync(vault);
        Assert.Equal((0, 2L), (again.Restored.Count, again.InPlace));
        vault.AssertIntact(underPrimary: true);
    }

    [Fact]
    public async Task Without_the_key_nothing_is_put_back_and_the_key_is_named()
    {
        using var vault = await LostAsync();
        var before = vault.AllStored();
        File.Delete(vault["found.key"]);

        var report = await RestoreAsync(vault, oldKeys: []);

        Assert.Equal(["accounts a password", "accounts b options.secret"], report.Unopened.Select(Place));
        Assert.All(report.Unopened, value => Assert.Equal(_lost.Primary.Id, value.KeyId));
        Assert.Equal(before, vault.AllStored());
    }

    [Fact]
    public async Task A_field_that_was_set_anew_and_a_row_that_is_gone_are_named_and_left()
    {
        using var vault = await LostAsync();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(vault.LoadKeyset(), "chosen anew"));
        vault.Execute("DELETE FROM accounts WHERE id = 'b'");
        var before = vault.Stored("a");

        var report = await RestoreAsync(vault);

        Assert.Equal(
            ["accounts a password: another value is in its place", "accounts b options.secret: its row is gone"],
            report.Left.Select(value => $"{Place(value)}: {value.What}"));
        Assert.Empty(report.Restored);
        Assert.Equal(before, vault.Stored("a"));
    }

    [Fact]
    public async Task One_that_was_set_anew_in_the_clear_is_another_value_though_it_is_the_same_secret()
    {
        using var vault = await LostAsync();
        vault.Execute("UPDATE accounts SET password = 'secret of a' WHERE id = 'a'");

        var report = await RestoreAsync(vault);

        Assert.Equal(["accounts a password: another value is in its place"], report.Left.Select(value => $"{Place(value)}: {value.What}"));
        Assert.Equal("secret of a", vault.Stored("a"));
    }

    [Fact]
    public async Task Of_a_table_that_the_database_lacks_every_row_is_gone()
    {
        using var vault = await LostAsync();
        var gone = new EncryptedTable(
            null, "gone", [new KeyColumn("id", KeyColumnType.Text)],
            [EncryptedColumn.Text(new EncryptedField("password", StoredFormats.All))]);
        File.WriteAllText(Backup(vault), new JsonObject
        {
            ["created_at"] = "2026-08-19T10:15:30Z",
            ["tables"] = new JsonObject
            {
                ["gone"] = new JsonArray(new JsonObject { ["id"] = "x", ["password"] = Vault.Seal(_lost, "secret of x") }),
            },
        }.ToJsonString());
        await using var store = await vault.OpenAsync();

        var report = await vault.Engine(store, new Lenient([.. Vault.Model().Tables, gone]))
            .RestoreAsync(Backup(vault), [vault["found.key"]], Vault.Patient, default);

        Assert.Equal(["gone x password: its row is gone"], report.Left.Select(value => $"{Place(value)}: {value.What}"));
        Assert.Empty(report.Restored);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_put_back_is_flushed_before_it_is_said_to_be(bool isDryRun)
    {
        using var vault = await LostAsync();
        IReadOnlyList<string> transcript = [];

        await RestoreAsync(vault, Vault.Patient with { DryRun = isDryRun }, store => transcript = store.Transcript);

        Assert.Equal(
            isDryRun ? [] : ["replaced 2 of 2 in accounts", "flushed"],
            transcript.Where(line => line == "flushed" || line.StartsWith("replaced", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_member_that_is_gone_is_named_and_left()
    {
        using var vault = await LostAsync();
        vault.Execute("UPDATE accounts SET options = json_remove(options, '$.secret') WHERE id = 'b'");

        var report = await RestoreAsync(vault);

        Assert.Equal(["accounts b options.secret: its place is gone"], report.Left.Select(value => $"{Place(value)}: {value.What}"));
        Assert.Equal(["accounts a password"], report.Restored.Select(Place));
    }

    [Fact]
    public async Task What_a_service_writes_between_read_and_replace_is_kept()
    {
        using var vault = await LostAsync();

        var report = await RestoreAsync(vault, watch: store => store.BeforeReplace = number =>
        {
            if (number == 1)
                vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(vault.LoadKeyset(), "chosen anew"));
        });

        Assert.Equal(["accounts b options.secret"], report.Restored.Select(Place));
        Assert.Equal(["accounts a password"], report.Left.Select(Place));
        using var cipher = new FieldCipher(vault.LoadKeyset(), StoredFormat.Legacy);
        Assert.Equal("chosen anew", cipher.Decrypt(vault.Stored("a")));
    }

    [Fact]
    public async Task A_row_that_is_held_for_good_is_work_that_remains()
    {
        using var vault = await LostAsync();

        var failed = await Assert.ThrowsAsync<RotationException>(() => RestoreAsync(
            vault, Vault.Patient with { SettleTimeout = TimeSpan.Zero }, watch: store => store.IsHeld = _ => true));

        Assert.Equal(RotationFailure.WorkRemains, failed.Failure);
        Assert.Null(vault.Stored("a"));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_put_back_and_writes_nothing()
    {
        using var vault = await LostAsync();
        var before = vault.AllStored();

        var report = await RestoreAsync(vault, Vault.Patient with { DryRun = true });

        Assert.Equal(2, report.Restored.Count);
        Assert.Equal(before, vault.AllStored());
    }

    [Fact]
    public async Task Of_a_file_of_PMM_what_it_wrapped_comes_out_of_its_layer_and_what_was_not_lost_is_left()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c", "d", "e");
        using var keyset = vault.LoadKeyset();
        var (a, b, d) = (Vault.Seal(_lost, "secret of a"), Vault.Seal(_lost, "secret of b"), vault.Stored("d")!);
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Layer(keyset, a));      // as PMM keeps what it cannot open
        vault.Execute("UPDATE accounts SET password = NULL WHERE id = 'b'");
        vault.Execute("UPDATE accounts SET password = NULL WHERE id = 'd'");                            // which its owner has emptied
        vault.Execute("UPDATE accounts SET password = NULL WHERE id = 'e'");
        SaveFound(vault);
        File.WriteAllText(Backup(vault), new JsonObject
        {
            ["created_at"] = "2026-08-19T10:15:30.123456789Z",
            ["key_path"] = "/srv/pmm-encryption.key",
            ["tables"] = new JsonObject
            {
                ["accounts"] = new JsonArray(
                    Row("a", a), Row("b", b), Row("c", vault.Stored("c")!), Row("d", d), Row("e", "in the clear")),
                ["dumps"] = new JsonArray(),
            },
        }.ToJsonString());

        var report = await RestoreAsync(vault);

        Assert.Equal(["accounts a password", "accounts b password"], report.Restored.Select(Place));
        Assert.Equal(["dumps"], report.UnknownTables);
        Assert.Empty(report.Left);
        Assert.Empty(report.Unopened);
        Assert.Null(vault.Stored("d"));
        Assert.Null(vault.Stored("e"));
        vault.Execute("DELETE FROM accounts WHERE id IN ('d', 'e')");
        vault.AssertIntact(underPrimary: true);

        static JsonObject Row(string id, string password) => new() { ["id"] = id, ["password"] = password, ["options"] = null };
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_a_file_of_PMM_what_was_under_a_key_that_is_there_is_left_unless_its_file_is_named(bool isNamed)
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        var (a, b, keyOfA) = (vault.Stored("a")!, Vault.Seal(_lost, "secret of b"), vault.Primary);
        File.Copy(vault.KeyPath, vault["old.key"]);
        await vault.RotateAsync();                                                                     // the key of before is no primary
        vault.Execute("UPDATE accounts SET password = NULL");
        SaveFound(vault);
        File.WriteAllText(Backup(vault), new JsonObject
        {
            ["created_at"] = "2026-08-19T10:15:30Z",
            ["accounts"] = new JsonArray(
                new JsonObject { ["id"] = "a", ["password"] = a }, new JsonObject { ["id"] = "b", ["password"] = b }),
        }.ToJsonString());

        var report = await RestoreAsync(vault, oldKeys: [vault["found.key"], .. isNamed ? [vault["old.key"]] : Array.Empty<string>()]);

        Assert.Equal(isNamed ? ["accounts a password", "accounts b password"] : ["accounts b password"], report.Restored.Select(Place));
        Assert.Equal(
            isNamed ? [] : [$"its key {keyOfA} is in the key file, so it may have been emptied since on purpose"],
            report.Left.Select(value => value.What));
        Assert.Equal(!isNamed, vault.Stored("a") is null);
    }

    [Fact]
    public async Task A_row_that_a_page_left_out_because_it_was_written_meanwhile_is_met_in_another_pass()
    {
        using var vault = await LostAsync();
        var reads = 0;

        var report = await RestoreAsync(vault, watch: store => store.LeaveOut = key => key.ToString() == "a" && ++reads == 1);

        Assert.Equal(2, reads);
        Assert.Equal(["accounts a password", "accounts b options.secret"], report.Restored.Select(Place).Order());
        Assert.Empty(report.Left);
    }

    [Fact]
    public async Task A_document_that_breaks_off_behind_its_field_is_not_said_to_be_put_back()
    {
        using var vault = await LostAsync();
        vault.Execute("UPDATE accounts SET options = '{\"secret\": \"\", \"n\": ' WHERE id = 'b'");

        var report = await RestoreAsync(vault);

        Assert.Equal(["accounts a password"], report.Restored.Select(Place));
        Assert.Equal(["accounts b options.secret"], report.Left.Select(Place));
    }

    [Fact]
    public async Task Of_an_earlier_file_of_PMM_the_tables_stand_at_the_top()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute("UPDATE accounts SET password = NULL WHERE id = 'a'");
        SaveFound(vault);
        File.WriteAllText(Backup(vault), new JsonObject
        {
            ["created_at"] = "2026-08-19T10:15:30Z",
            ["accounts"] = new JsonArray(new JsonObject { ["id"] = "a", ["password"] = Vault.Seal(_lost, "secret of a") }),
        }.ToJsonString());

        var report = await RestoreAsync(vault);

        Assert.Single(report.Restored);
        Assert.Empty(report.UnknownTables);
        vault.AssertIntact(underPrimary: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"created_at": "then", "tables": {"accounts": [{"password": "x"}]}}""")]
    [InlineData("""{"created_at": "then", "tables": {"accounts": [{"id": "a", "password": 5}]}}""")]
    [InlineData("""{"created_at": "then", "lost_keys": "all", "tables": {}}""")]
    public async Task What_is_no_such_file_is_refused_and_not_quoted(string content)
    {
        using var vault = await Vault.InitializedAsync("a");
        File.WriteAllText(Backup(vault), content);

        var refused = await Assert.ThrowsAsync<RotationException>(() => RestoreAsync(vault, oldKeys: []));

        Assert.Equal(
            (RotationFailure.Refused, $"{Backup(vault)} is no backup of encrypted values"), (refused.Failure, refused.Message));
    }

    [Fact]
    public async Task What_opens_to_a_ciphertext_of_a_key_that_is_not_there_is_not_put_back_for_the_secret()
    {
        using var inner = KeysetManager.Generate();
        using var vault = await LostAsync(Vault.Seal(inner, "secret of a"));

        var report = await RestoreAsync(vault);

        Assert.Equal(["accounts a password"], report.Unopened.Select(Place));
        Assert.Equal(inner.Primary.Id, report.Unopened[0].KeyId);
        Assert.Equal(["accounts b options.secret"], report.Restored.Select(Place));
        Assert.Null(vault.Stored("a"));
        Assert.False(report.IsWhole);
    }

    [Fact]
    public async Task A_field_that_the_service_reads_in_the_clear_by_now_is_left()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Legacy });
        var backup = vault.KeyPath + ".json";
        using var cipher = vault.Cipher();
        string Sealed(string secret) => cipher.Encrypt(secret)!;
        await File.WriteAllTextAsync(backup, new JsonObject
        {
            ["created_at"] = "2026-08-19T10:15:30Z",
            ["lost_keys"] = new JsonArray(cipher.PrimaryKeyId),
            ["tables"] = new JsonObject
            {
                ["agents"] = new JsonArray(new JsonObject { ["agent_id"] = "a", ["password"] = Sealed("kept") }),
                ["backup_locations"] = new JsonArray(
                    new JsonObject { ["id"] = "l", ["s3_config"] = new JsonObject { ["secret_key"] = Sealed("kept too") } }),
            },
        }.ToJsonString());
        vault.Execute("UPDATE agents SET password = NULL WHERE agent_id = 'a'");
        vault.Execute("UPDATE backup_locations SET s3_config = json_set(s3_config, '$.secret_key', '')");
        await using var store = await vault.OpenAsync();

        var report = await vault.Engine(store).RestoreAsync(backup, [], Vault.Patient, default);

        Assert.Equal(["agents a password"], report.Restored.Select(Place));
        var left = Assert.Single(report.Left);
        Assert.Equal("backup_locations l s3_config.secret_key", Place(left));
        Assert.Contains("in the clear", left.What);
        Assert.False(report.IsWhole);
        Assert.Equal("kept", cipher.Decrypt(vault.Scalar("SELECT password FROM agents WHERE agent_id = 'a'")));
        Assert.Equal("", vault.Scalar("SELECT json_extract(s3_config, '$.secret_key') FROM backup_locations"));
    }

    [Fact]
    public async Task And_what_stands_there_is_not_touched()
    {
        using var vault = new PmmVault();
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Legacy });
        var backup = vault.KeyPath + ".json";
        using var cipher = vault.Cipher();
        var kept = cipher.Encrypt("kept")!;
        await File.WriteAllTextAsync(backup, new JsonObject
        {
            ["created_at"] = "2026-08-19T10:15:30Z",
            ["lost_keys"] = new JsonArray(cipher.PrimaryKeyId),
            ["tables"] = new JsonObject
            {
                ["backup_locations"] = new JsonArray(
                    new JsonObject { ["id"] = "l", ["s3_config"] = new JsonObject { ["secret_key"] = kept } }),
            },
        }.ToJsonString());
        vault.Execute("UPDATE backup_locations SET s3_config = json_set(s3_config, '$.secret_key', $1)", kept);
        await using var store = await vault.OpenAsync();

        var report = await vault.Engine(store).RestoreAsync(backup, [], Vault.Patient, default);

        Assert.Equal("backup_locations l s3_config.secret_key", Place(Assert.Single(report.Left)));
        Assert.Equal(kept, vault.Scalar("SELECT json_extract(s3_config, '$.secret_key') FROM backup_locations"));
    }

    [Fact]
    public async Task A_document_is_kept_and_put_back_however_deep_it_is()
    {
        using var vault = await LostAsync(depth: 200);

        var report = await RestoreAsync(vault);

        Assert.Equal(["accounts a password", "accounts b options.secret"], report.Restored.Select(Place));
        Assert.True(report.IsWhole);
    }

    [Fact]
    public async Task A_file_that_has_nothing_of_the_model_is_an_error()
    {
        using var vault = await LostAsync();
        File.WriteAllText(Backup(vault), File.ReadAllText(Backup(vault)).Replace("\"accounts\"", "\"others\"", StringComparison.Ordinal));

        var failure = await Assert.ThrowsAsync<RotationException>(() => RestoreAsync(vault));

        Assert.Equal(RotationFailure.NothingFound, failure.Failure);
        Assert.Contains("others", failure.Message);
    }

    [Fact]
    public async Task Of_two_entities_on_one_table_each_finds_its_columns_in_the_file()
    {
        using var folder = new PmmCrypt.Testing.TempFolder();
        await File.WriteAllTextAsync(
            folder["backup.json"],
            """{"created_at": "2026-01-01T00:00:00Z", "tables": {"t": [{"id": "a", "one": "1"}, {"id": "b", "two": "2"}, {"id": "a", "two": "3"}]}}""");
        var tables = new[] { "one", "two" }.Select(name => new EncryptedTable(
            null, "t", [new KeyColumn("id", KeyColumnType.Text)], [EncryptedColumn.Text(new EncryptedField(name, StoredFormats.All))])).ToArray();

        var file = LossFile.Read(folder["backup.json"], new EncryptionModel("a service", tables));

        Assert.Equal("1", Value(tables[0], "a"));
        Assert.Equal(["3", "2"], [Value(tables[1], "a"), Value(tables[1], "b")]);

        string Value(EncryptedTable table, string key) => System.Text.Encoding.UTF8.GetString(Assert.Single(file.In(table)[key]).Value);
    }

    [Fact]
    public async Task Rows_that_are_held_or_cannot_be_met_are_counted()
    {
        using var vault = await LostAsync();
        var impatient = Vault.Patient with { SettleTimeout = TimeSpan.Zero };

        foreach (var watch in (Action<WatchedStore>[])[store => store.IsHeld = _ => true, store => store.LeaveOut = _ => true])
        {
            await Told.FailsAsync(
                RotationFailure.WorkRemains, "2 rows of accounts are held by another session",
                "stop the service, then run the same command: it goes on", () => RestoreAsync(vault, impatient, watch));
        }
    }

    [Fact]
    public async Task Each_value_is_said_to_be_put_back_from_its_key_and_each_page_is_a_step()
    {
        using var vault = await LostAsync();
        var told = new Told(vault);
        await using var store = await vault.OpenAsync();

        var report = await told.Engine(store).RestoreAsync(Backup(vault), [vault["found.key"]], Told.Options, default);

        Assert.All(report.Restored, value => Assert.Equal($"put back, from key {_lost.Primary.Id}", value.What));
        Assert.Equal(
            ["step locked", "phase Plan", "phase Sweep", "step page-sent", "step page-updated", "step page-committed"],
            told.Story.Lines.Where(line => line.Split(' ')[0] is "step" or "phase"));
    }

    [Fact]
    public async Task Each_value_is_put_back_in_the_format_that_it_had()
    {
        using var vault = await LostAsync();

        await RestoreAsync(vault);

        Assert.StartsWith("A", vault.Stored("a"), StringComparison.Ordinal);
        Assert.StartsWith("pmm1$", vault.Secret("b"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_others_are_in_the_envelope_format_all_are_put_back_in_that()
    {
        using var vault = await LostAsync();
        using var keyset = vault.LoadKeyset();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'c'", Vault.Seal(keyset, "secret of c", StoredFormat.Envelope));

        await RestoreAsync(vault);

        Assert.StartsWith("pmm1$", vault.Stored("a"), StringComparison.Ordinal);
        Assert.StartsWith("pmm1$", vault.Secret("b"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_file_lacks_and_what_to_do_about_it_is_said()
    {
        using var vault = await LostAsync();
        File.WriteAllText(Backup(vault), """{"created_at": "2026-08-19T10:15:30Z", "tables": {"one": [], "other": []}}""");

        await Told.FailsAsync(
            RotationFailure.NothingFound, "nothing of accounts.dll is in the file: it has one, other",
            "name the assembly that declares these tables: --assembly; without it the tables are PMM's", () => RestoreAsync(vault));
        File.WriteAllText(Backup(vault), """{"created_at": "2026-08-19T10:15:30Z", "tables": {}}""");
        Assert.Empty((await RestoreAsync(vault)).Restored);
        File.WriteAllText(Backup(vault), """{"tables": {}}""");
        await Told.FailsAsync(
            RotationFailure.Refused, $"{Backup(vault)} is no backup of encrypted values",
            "name a file such as pmm-encryption-migration-backup-….json, as it was written", () => RestoreAsync(vault));
        File.Delete(Backup(vault));
        var failed = await Assert.ThrowsAsync<RotationException>(() => RestoreAsync(vault));
        Assert.Equal(RotationFailure.Refused, failed.Failure);
        Assert.StartsWith($"{Backup(vault)} cannot be read: ", failed.Message, StringComparison.Ordinal);
        Assert.Equal("run this as the user that it belongs to, or as root", failed.Hint);
    }

    [Fact]
    public async Task Why_a_value_is_left_is_said()
    {
        using var vault = await LostAsync();
        vault.Execute("UPDATE accounts SET options = '{\"secret\": \"\", \"n\": ' WHERE id = 'b'");

        var left = Assert.Single((await RestoreAsync(vault)).Left);

        Assert.Equal("its document cannot be read to the end", left.What);
        using var inner = KeysetManager.Generate();
        using var other = await LostAsync(Vault.Seal(inner, "secret of a"));
        var unopened = Assert.Single((await RestoreAsync(other)).Unopened);
        Assert.Equal($"opens to what looks like a ciphertext under key {inner.Primary.Id}, which is not there", unopened.What);
    }

    private sealed class Lenient(IReadOnlyList<EncryptedTable> tables) : EncryptionModel("accounts.dll", tables)
    {
        public override bool AllowsMissing => true;
    }

    private static string Backup(Vault vault) => vault["backup.json"];

    private static string Place(Counting.ValueProblem value) => $"{value.Field.Table} {value.Row} {value.Field.Name}";

    private static async Task<RestorationReport> RestoreAsync(
        Vault vault, RotationOptions? options = null, Action<WatchedStore>? watch = null, IReadOnlyList<string>? oldKeys = null)
    {
        await using var store = await vault.OpenAsync();
        watch?.Invoke(store);
        return await vault.Engine(store).RestoreAsync(
            Backup(vault), oldKeys ?? [vault["found.key"]], options ?? Vault.Patient, default);
    }

    private void SaveFound(Vault vault)
    {
        using var heldLock = KeyFileLock.Acquire(vault["found.key"], Vault.Moment);
        KeyFile.Create(vault["found.key"], _lost, heldLock).Dispose();
    }

    private async Task<Vault> LostAsync(string password = "secret of a", int depth = 0)
    {
        var vault = await Vault.InitializedAsync("a", "b", "c", "d");
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'a'", Vault.Seal(_lost, password));
        if (depth > 0)
        {
            vault.Execute(
                "UPDATE accounts SET options = json_set(options, '$.deep', json($1)) WHERE id = 'b'",
                new string('[', depth) + new string(']', depth));
        }

        vault.Execute(
            "UPDATE accounts SET options = json_set(options, '$.secret', $1) WHERE id = 'b'",
            Vault.Seal(_lost, "secret of b", StoredFormat.Envelope));
        var report = await vault.RotateAsync(Vault.Patient with { AcceptKeyLoss = [_lost.Primary.Id] });
        File.Move(Assert.Single(report.Loss!.Files), Backup(vault));
        SaveFound(vault);
        return vault;
    }
}
