using PmmCrypt.Fields;
using PmmCrypt.Keysets;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Checking;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Tests;

/// <summary>A check compares what is declared with what there is, and writes nothing.</summary>
public sealed class SchemaCheckTests
{
    [Fact]
    public async Task Finds_nothing_where_all_is_well_and_writes_nothing()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        var (database, keys) = (vault.DatabaseBytes, vault.KeyFileBytes);

        var report = await CheckAsync(vault);

        Assert.Empty(report.Findings);
        Assert.Empty(report.Notes);
        Assert.Equal(database, vault.DatabaseBytes);
        Assert.Equal(keys, vault.KeyFileBytes);
    }

    [Fact]
    public async Task Needs_no_key_file_and_knows_the_keys_by_what_the_fields_hold()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        vault.Execute("UPDATE accounts SET other = password WHERE id = 'b'");
        File.Delete(vault.KeyPath);

        Assert.Equal("Stray main.accounts.other", Assert.Single(Places(await CheckAsync(vault))));
        Assert.False(File.Exists(vault.KeyPath));
    }

    [Fact]
    public async Task Says_that_nothing_was_searched_where_no_key_is_known()
    {
        using var vault = new Vault();

        var report = await CheckAsync(vault);

        Assert.Empty(report.Findings);
        Assert.Contains("no key file", Assert.Single(report.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_values_in_the_clear_field_by_field_and_counts_them()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute("UPDATE accounts SET password = 'open' WHERE id <> 'a'");
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.secret', 'open') WHERE id = 'a'");
        // later is encrypted in the envelope format alone
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.later', 'open', '$.n', 'open') WHERE id = 'b'");

        var report = await CheckAsync(vault);

        Assert.Equal(["Clear accounts.password", "Clear accounts.options.secret"], Places(report));
        Assert.StartsWith("2 values in the clear", report.Findings[0].Meaning, StringComparison.Ordinal);
        Assert.StartsWith("1 value in the clear", report.Findings[1].Meaning, StringComparison.Ordinal);
        Assert.DoesNotContain(report.Findings, finding => $"{finding}".Contains("open", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Finds_values_in_the_clear_of_fields_that_the_format_of_the_others_encrypts()
    {
        using var vault = new Vault("a", "b");
        await vault.InitAsync(Vault.Patient with { Format = StoredFormat.Envelope });
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.later', 'open') WHERE id = 'b'");

        Assert.Equal(["Clear accounts.options.later"], Places(await CheckAsync(vault)));
        File.Delete(vault.KeyPath);
        Assert.Equal(["Clear accounts.options.later"], Places(await CheckAsync(vault)));
    }

    [Fact]
    public async Task Finds_ciphertexts_outside_of_the_model_in_tables_columns_and_members_of_its_own_documents()
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute("CREATE TABLE audit (\"what.was\" TEXT)");
        vault.Execute("INSERT INTO audit SELECT password FROM accounts");
        vault.Execute(
            """
            UPDATE accounts SET options = json_set(options, '$.old', password, '$.list', json_array(1, json_object('in', password)))
            WHERE id = 'b'
            """);
        vault.Execute("UPDATE accounts SET options = json_quote(json_set(options, '$.old', password) || '') WHERE id = 'c'");

        var report = await CheckAsync(vault);

        Assert.Equal(
            ["Stray accounts.options.list.[].in", "Stray accounts.options.old", "Stray main.audit.what.was"], Places(report));
        Assert.StartsWith("2 ciphertexts", report.Findings[1].Meaning, StringComparison.Ordinal);
        Assert.StartsWith("ciphertexts in 3 rows", report.Findings[2].Meaning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Secret", 2)]
    [InlineData("se_cret", 2)]
    [InlineData("SE-CRET", 2)]
    public async Task Finds_members_that_a_serializer_named_by_a_policy_of_its_own(string name, int documents)
    {
        using var vault = await Vault.InitializedAsync("a", "b", "c");
        vault.Execute(
            $$"""
            UPDATE accounts SET options = json_set(options, '$."{{name}}"', CASE id WHEN 'a' THEN 'open' ELSE password END);
            UPDATE accounts SET options = json_remove(options, '$.secret') WHERE id <> 'c'
            """);

        var finding = Assert.Single((await CheckAsync(vault)).Findings, finding => finding.Kind == SchemaFindingKind.MemberName);

        Assert.Equal($"accounts.options.{name}", finding.Place);
        Assert.StartsWith($"{documents} documents", finding.Meaning, StringComparison.Ordinal);
        Assert.Contains("options.secret,", finding.Meaning, StringComparison.Ordinal);
        Assert.Contains("[JsonPropertyName]", finding.Action, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Passes_over_what_has_the_shape_of_a_ciphertext_under_a_key_that_nobody_has()
    {
        using var vault = await Vault.InitializedAsync("a");
        using var foreign = KeysetManager.Generate();
        vault.Execute("UPDATE accounts SET options = json_set(options, '$.note', $1), other = $1", Vault.Seal(foreign, "theirs"));

        Assert.Empty((await CheckAsync(vault)).Findings);
    }

    [Fact]
    public async Task Notes_values_that_the_key_file_does_not_open()
    {
        using var vault = await Vault.InitializedAsync("a", "b");
        using var foreign = KeysetManager.Generate();
        vault.Execute("UPDATE accounts SET password = $1 WHERE id = 'b'", Vault.Seal(foreign, "theirs"));

        var report = await CheckAsync(vault);

        Assert.Empty(report.Findings);
        Assert.Contains("verify", Assert.Single(report.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_a_missing_column_and_a_missing_table_and_goes_on_with_the_others()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute("UPDATE accounts SET password = 'open'");
        var more = new EncryptedTable(null, "more", [], [EncryptedColumn.Text(new EncryptedField("x", StoredFormats.All))]);
        var model = new EncryptionModel("accounts.dll", [more, .. Vault.Model("token").Tables]);

        Assert.Equal(
            ["MissingTable more", "MissingColumn accounts.token", "Clear accounts.password"], Places(await CheckAsync(vault, model)));
    }

    [Fact]
    public async Task Notes_what_is_missing_where_older_versions_of_the_service_had_less()
    {
        using var vault = await Vault.InitializedAsync("a");

        var report = await CheckAsync(vault, Vault.OlderModel("token"));

        Assert.Empty(report.Findings);
        Assert.Contains("accounts.token", Assert.Single(report.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_where_nothing_of_the_model_is_there()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute("ALTER TABLE accounts RENAME TO others");

        var refused = await Assert.ThrowsAsync<RotationException>(() => CheckAsync(vault));

        Assert.Equal(RotationFailure.NothingFound, refused.Failure);
        Assert.Contains("accounts", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_a_key_that_is_not_there_and_does_not_call_its_fields_strays()
    {
        using var vault = await Vault.InitializedAsync("a");
        vault.Execute("ALTER TABLE accounts RENAME COLUMN id TO number");

        Assert.Equal(["Key accounts.id"], Places(await CheckAsync(vault)));
    }

    [Theory]
    [InlineData("id TEXT NOT NULL, password TEXT, options TEXT", "Key accounts.id")]
    [InlineData("id TEXT UNIQUE, password TEXT, options TEXT", "Key accounts.id")]
    [InlineData("id TEXT NOT NULL UNIQUE, password TEXT NOT NULL CHECK (password <> ''), options TEXT NOT NULL DEFAULT ''")]
    [InlineData("id TEXT PRIMARY KEY, password TEXT CHECK (length(password) > 7), options TEXT", "Check accounts.password")]
    [InlineData("id TEXT PRIMARY KEY, password TEXT, options TEXT, CHECK (id <> password)", "Check accounts.password")]
    [InlineData("id TEXT PRIMARY KEY, password TEXT UNIQUE, options TEXT", "Unique accounts.password")]
    [InlineData("id TEXT PRIMARY KEY, password TEXT DEFAULT 'open', options TEXT DEFAULT '{}'", "Default accounts.password")]
    [InlineData("id TEXT PRIMARY KEY, password TEXT REFERENCES accounts (id), options TEXT", "ForeignKey accounts.password")]
    [InlineData("id TEXT PRIMARY KEY, password TEXT, options TEXT CHECK (json_valid(options))")]
    [InlineData("id TEXT PRIMARY KEY, password TEXT, options TEXT CHECK (options ->> 'secret' <> 'x')", "Check accounts.options")]
    [InlineData("id TEXT PRIMARY KEY, password TEXT, options TEXT UNIQUE", "Unique accounts.options")]
    [InlineData("id TEXT PRIMARY KEY, options TEXT, password TEXT AS (options)", "Type accounts.password")]
    public async Task Finds_what_of_a_table_does_not_go_with_ciphertexts(string columns, params string[] expected)
    {
        using var vault = new Vault();
        vault.Execute($"DROP TABLE accounts; CREATE TABLE accounts ({columns})");

        Assert.Equal(expected, Places(await CheckAsync(vault)));
    }

    [Theory]
    [InlineData("CREATE INDEX i ON accounts (other, password)", "Index accounts.password")]
    [InlineData("CREATE INDEX i ON accounts (lower(password), password)", "Index accounts.password")]
    [InlineData("CREATE UNIQUE INDEX i ON accounts (other) WHERE password > 'x'", "Unique accounts.password")]
    [InlineData("CREATE INDEX i ON accounts (other) WHERE password IS NOT NULL AND password <> ''")]
    [InlineData("CREATE INDEX i ON accounts (options)")]
    [InlineData("CREATE INDEX i ON accounts (json_extract(options, '$.n'))")]
    [InlineData("CREATE INDEX i ON accounts (options ->> 'secret')", "Index accounts.options")]
    [InlineData("CREATE UNIQUE INDEX i ON accounts (json_extract(options, '$.secret'))", "Unique accounts.options")]
    public async Task Finds_indexes_that_find_nothing_any_more(string statement, params string[] expected)
    {
        using var vault = new Vault();
        vault.Execute(statement);

        Assert.Equal(expected, Places(await CheckAsync(vault)));
    }

    [Fact]
    public async Task A_strict_table_has_types_that_take_no_text()
    {
        using var vault = new Vault();
        vault.Execute("DROP TABLE accounts; CREATE TABLE accounts (id TEXT PRIMARY KEY, password BLOB, options TEXT) STRICT");

        Assert.Equal(["Type accounts.password"], Places(await CheckAsync(vault)));
    }

    [Theory]
    [InlineData(43, "no ciphertext fits")]
    [InlineData(64, "secrets of up to 15 bytes fit (9 in the envelope format)")]
    [InlineData(92, "")]
    public void A_column_is_too_narrow_that_does_not_hold_a_secret_of_32_bytes_in_either_format(int limit, string said)
    {
        var finding = Assert.Single(Judge(limit).Findings());

        Assert.Equal(SchemaFindingKind.TooNarrow, finding.Kind);
        Assert.Contains(said, finding.Meaning, StringComparison.Ordinal);
        Assert.Contains("at least 48 characters (53 in the envelope format), for a secret of 32 bytes 88 (93)", finding.Meaning,
            StringComparison.Ordinal);
        Assert.Null(Judge(limit).Note());
    }

    [Theory]
    [InlineData("jsonb_typeof(c) = 'object'", false, false, false)]
    [InlineData("json_valid(c)", false, false, false)]
    [InlineData("c ->> 'token' <> 'x'", true, true, true)]
    [InlineData("jsonb_path_exists(c, '$[*].token')", true, true, true)]
    [InlineData("c -> 0 ->> 'url' <> 'x'", false, true, false)]
    [InlineData("c -> 'headers' ->> 'x-key' <> 'x'", false, true, true)]
    [InlineData("c IS NOT NULL", false, false, false)]
    public void A_condition_on_a_list_or_a_dictionary_is_named_where_it_may_look_at_its_secrets(
        string condition, bool ofList, bool ofDictionary, bool ofMembers)
    {
        Assert.Equal(ofList, IsNamed("[]", "token"));
        Assert.Equal(ofDictionary, IsNamed("*"));
        Assert.Equal(ofMembers, IsNamed("headers", "*") || IsNamed("list", "[]", "token"));

        bool IsNamed(params string[] path)
        {
            var field = new EncryptedField("c", StoredFormats.All, path);
            var column = EncryptedColumn.Json("c", (ref JsonSplice _) => { }, field);
            var facts = new ColumnFacts("jsonb", ColumnHolds.Json, true, false)
            {
                Rules = [new ColumnRule(ColumnRuleKind.Check, "c_check", IsOnValue: false, condition)],
            };
            return new ColumnJudge(new EncryptedTable(null, "t", [], [column]), column, facts).Findings().Any();
        }
    }

    [Fact]
    public void One_that_does_is_noted_and_one_without_a_limit_is_not()
    {
        Assert.Empty(Judge(93).Findings());
        Assert.Contains("secrets of up to 36 bytes (33 in the envelope format)", Judge(95).Note()!, StringComparison.Ordinal);
        Assert.Empty(Judge(null).Findings());
        Assert.Null(Judge(null).Note());
    }

    private static ColumnJudge Judge(int? limit)
    {
        var table = Vault.Model().Tables[0];
        return new ColumnJudge(table, table.Columns[0], new ColumnFacts("text", ColumnHolds.Text, true, false) { MaxLength = limit });
    }

    private static async Task<SchemaReport> CheckAsync(Vault vault, EncryptionModel? model = null)
    {
        await using var store = await vault.OpenAsync();
        return await vault.Engine(store, model).CheckAsync(new PageSize(2, 1 << 20), default);
    }

    private static IEnumerable<string> Places(SchemaReport report) => report.Findings.Select(finding => $"{finding.Kind} {finding.Place}");
}
