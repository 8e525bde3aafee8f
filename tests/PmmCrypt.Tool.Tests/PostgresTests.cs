using System.Diagnostics;
using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>The tool on PMM's database in PostgreSQL.</summary>
[Trait("Category", "Slow")]
public sealed class PostgresTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string KeyFile => _folder["pmm.key"];

    private HandKeyset Keys => HandKeyset.Load(KeyFile);

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task The_options_of_PMM_say_where_the_database_is()
    {
        await using var pmm = await SeedAsync(rows: 60);
        var server = new NpgsqlConnectionStringBuilder(pmm.ConnectionString);
        string[] options =
        [
            "--postgres-addr", $"{server.Host}:{server.Port}", "--postgres-name", pmm.Database.Name, "--postgres-username", "postgres",
            "--postgres-ssl-mode", "disable",
        ];

        (await RunAsync(null, ["rotate", "--json", .. options])).Ends(0).Json();
        await RequireAllUnderPrimaryAsync(pmm);
        (await RunAsync(null, ["status", .. options])).Ends(0);
    }

    [SkippableFact]
    public async Task A_status_is_counted_by_how_values_begin_and_says_so_and_verify_opens_what_it_did_not()
    {
        await using var pmm = await SeedAsync(rows: 60, quirks: true);
        (await RunAsync(pmm, "status")).Ends(0).Says("count: ", "counted by their beginning, and not opened: verify opens each");
        var status = (await RunAsync(pmm, "status", "--json")).Ends(0).Json();
        var verify = (await RunAsync(pmm, "verify", "--json")).Ends(0).Json();
        Assert.True(status.GetProperty("countedByPrefix").GetBoolean());
        Assert.False(verify.GetProperty("countedByPrefix").GetBoolean());
        foreach (var same in new[] { "primaryKeyId", "rows", "opened", "offPrimary", "clear", "unreadable", "format", "waitingKeys", "missing" })
            Assert.Equal($"{verify.GetProperty(same)}", $"{status.GetProperty(same)}");
        Assert.Equal(Counts(verify), Counts(status));

        // A tag is for verify to find; a key that nobody has, and a value that was cut short, show at their beginning or by their length.
        var stored = (await pmm.Database.ScalarAsync<string>("SELECT password FROM agents WHERE agent_id = $1", Id(pmm, 1)))!;
        await SetAsync(pmm, 1, stored[..^8] + (stored[^8] == 'A' ? "B" : "A") + stored[^7..]);
        (await RunAsync(pmm, "status")).Ends(0);
        (await RunAsync(pmm, "verify")).Ends(4).Says(Id(pmm, 1), "authentication failed");
        await SetAsync(pmm, 1, stored[..^3]);
        await SetAsync(pmm, 2, HandKeyset.Generate().Seal("s"));
        foreach (var verb in new[] { "status", "verify" })
            (await RunAsync(pmm, verb)).Ends(4).Says("2 of ", Id(pmm, 1), "a damaged ciphertext of key", Id(pmm, 2), "is not in the keyset");

        static string Id(PmmDatabase pmm, int row) => pmm.Rows.AgentId(row);

        static Task SetAsync(PmmDatabase pmm, int row, string value) =>
            pmm.Database.ExecuteAsync("UPDATE agents SET password = $1 WHERE agent_id = $2", value, Id(pmm, row));

        static IEnumerable<string> Counts(System.Text.Json.JsonElement document) => document.GetProperty("fields").EnumerateArray()
            .Select(field => $"{field.GetProperty("field")} {field.GetProperty("encrypted").GetRawText()} {field.GetProperty("clear")}");
    }

    [SkippableFact]
    public async Task So_do_the_variables_of_PMM_and_an_option_goes_before_its_variable()
    {
        await using var pmm = await SeedAsync(rows: 20);
        var server = new NpgsqlConnectionStringBuilder(pmm.ConnectionString);
        var environment = new Dictionary<string, string?>
        {
            ["PMM_POSTGRES_ADDR"] = $"{server.Host}:{server.Port}",
            ["PMM_POSTGRES_DBNAME"] = pmm.Database.Name,
            ["PMM_POSTGRES_USERNAME"] = "postgres",
            ["PMM_POSTGRES_SSL_MODE"] = "disable",
            ["PMM_ENCRYPTION_KEY_PATH"] = KeyFile,
        };

        (await PmmCryptProgram.RunAsync(["verify"], environment)).Ends(0);
        (await PmmCryptProgram.RunAsync(["verify", "--postgres-name", "no-such-database"], environment)).Fails(8).Says("no-such-database");
        (await PmmCryptProgram.RunAsync(["verify"], With("PMM_POSTGRES_DBNAME", "no-such-database"))).Fails(8).Says("no-such-database");
        (await PmmCryptProgram.RunAsync(["verify", "--postgres-name", pmm.Database.Name], With("PMM_POSTGRES_DBNAME", "no-such-database")))
            .Ends(0);
        (await PmmCryptProgram.RunAsync(["verify"], With("PMM_POSTGRES_USERNAME", "no-such-role"))).Fails(8).Says("no-such-role");
        (await PmmCryptProgram.RunAsync(["verify"], With("PMM_POSTGRES_SSL_MODE", "verify-full"))).Ends(8);
        (await PmmCryptProgram.RunAsync(["verify"], With("PMM_POSTGRES_SSL_MODE", "perhaps"))).Fails(1);
        (await PmmCryptProgram.RunAsync(["verify"], With("PMM_POSTGRES_ADDR", "127.0.0.1:1"))).Fails(8);

        Dictionary<string, string?> With(string name, string value) => new(environment) { [name] = value };
    }

    [SkippableFact]
    public async Task A_connection_string_and_a_URL_do_too()
    {
        await using var pmm = await SeedAsync(rows: 20);
        var server = new NpgsqlConnectionStringBuilder(pmm.ConnectionString);

        (await RunAsync(pmm, "verify")).Ends(0);
        (await RunAsync(null, "verify", "--connection", $"postgres://postgres@{server.Host}:{server.Port}/{pmm.Database.Name}")).Ends(0);
    }

    [SkippableFact]
    public async Task A_rotation_of_every_kind_of_row_leaves_all_else_as_it_was()
    {
        await using var pmm = await SeedAsync(rows: 200, quirks: true);
        (await RunAsync(pmm, "rotate", "--batch-size", "7")).Ends(0);
        await RequireAllUnderPrimaryAsync(pmm);
        (await RunAsync(pmm, "rotate", "--prune", "--retain", "0")).Ends(0);
        Assert.Single(Keys.Keys);
        await RequireAllUnderPrimaryAsync(pmm);
    }

    [SkippableFact]
    public async Task Ends_with_5_where_a_session_may_be_a_service_that_does_not_know_the_key()
    {
        await using var pmm = await SeedAsync(rows: 20);
        await using var service = await pmm.Database.OpenAsync();

        (await RunAsync(pmm, "rotate")).Fails(5).Says("--online");
        Assert.Single(Keys.Keys);
        (await RunAsync(pmm, "rotate", "--dry-run")).Ends(2);
        (await RunAsync(pmm, "key", "add")).Ends(0);
        (await RunAsync(pmm, "rotate")).Ends(0);        // the key was there to be loaded
        (await RunAsync(pmm, "rotate", "--online")).Ends(0);

        Assert.Equal(3, Keys.Keys.Count);
        await RequireAllUnderPrimaryAsync(pmm);
    }

    [SkippableFact]
    public async Task Ends_with_7_while_PMM_holds_its_lock()
    {
        await using var pmm = await SeedAsync(rows: 20);
        await using var connection = await pmm.Database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock(x'504D4D45'::int)", connection))
            await command.ExecuteNonQueryAsync();

        (await RunAsync(pmm, "rotate", "--online", "--lock-timeout", "0.5")).Fails(7);
        (await RunAsync(pmm, "key", "destroy", $"{Keys.Primary}", "--lock-timeout", "0.5")).Fails(5);       // the primary: refused before

        Assert.Single(Keys.Keys);
    }

    [SkippableTheory]
    [InlineData("", "status")]
    [InlineData("", "rotate")]
    [InlineData("SELECT", "rotate")]
    public async Task Ends_with_8_where_a_right_is_missing(string granted, string verb)
    {
        await using var pmm = await SeedAsync(rows: 20);
        var role = $"role_{Guid.NewGuid():N}";
        await pmm.Database.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        try
        {
            if (granted.Length > 0) await pmm.Database.ExecuteAsync($"GRANT {granted} ON agents, backup_locations, settings TO {role}");

            (await RunAsync(null, verb, "--connection", pmm.Database.ConnectionStringFor(role))).Fails(8);

            Assert.Single(Keys.Keys);
            await RequireAllUnderPrimaryAsync(pmm);
        }
        finally
        {
            await pmm.Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [SkippableFact]
    public async Task Ends_with_9_on_an_empty_database()
    {
        await using var database = await PostgresServer.Require().CreateDatabaseAsync();
        HandKeyset.Generate().Save(KeyFile);

        (await RunAsync(null, "rotate", "--connection", database.PlainConnectionString)).Fails(9).Says(database.Name);

        Assert.Single(Keys.Keys);
    }

    [SkippableTheory]
    [InlineData(true, 6)]
    [InlineData(false, 128 + 9)]
    public async Task Stopped_or_killed_in_the_sweep_the_same_command_finishes_without_another_key(bool interrupt, int exitCode)
    {
        await using var pmm = await SeedAsync(rows: 3_000);
        await pmm.Database.ExecuteAsync("CREATE SCHEMA test; CREATE TABLE test.before AS SELECT agent_id, username FROM agents");
        using var run = PmmCryptProgram.Start(
            ["rotate", "--online", "--batch-size", "1", "--connection", pmm.Database.PlainConnectionString, "--key-file", KeyFile]);
        var clock = Stopwatch.StartNew();
        while (await RewrittenAsync(pmm) < 5)
        {
            Assert.False(run.HasExited, "The rotation ended before a row of it was seen.");
            Assert.True(clock.Elapsed < PmmCryptProgram.Timeout, "No row was rewritten.");
            await Task.Delay(10);
        }

        if (interrupt) run.Interrupt();
        else run.Kill();
        ToolResult.Of("rotate, stopped", await run.WaitAsync(PmmCryptProgram.Timeout)).Ends(exitCode);

        Assert.InRange(await RewrittenAsync(pmm), 5, 2_800);
        var primary = Keys.Primary;
        Assert.Equal(2, Keys.Keys.Count);
        (await pmm.CheckAsync(stored => Keys.Open(stored).Plaintext)).EnsureAsSeeded();
        (await RunAsync(pmm, "rotate", "--online")).Ends(0);
        Assert.Equal(primary, Keys.Primary);
        Assert.Equal(2, Keys.Keys.Count);
        await RequireAllUnderPrimaryAsync(pmm);
    }

    private static async Task<long> RewrittenAsync(PmmDatabase pmm) => await pmm.Database.ScalarAsync<long>(
        "SELECT count(*) FROM agents a JOIN test.before b USING (agent_id) WHERE a.username <> b.username");

    [SkippableFact]
    public async Task Decrypted_every_row_is_what_it_was_before_it_was_encrypted_and_encrypt_is_the_way_back()
    {
        await using var pmm = await SeedAsync(rows: 600);

        (await RunAsync(pmm, "decrypt", "--i-want-plaintext-in-the-database")).Ends(0);
        (await pmm.CheckAsync(stored => stored, PmmStorage.Clear)).EnsureAsSeeded();
        (await RunAsync(pmm, "encrypt")).Ends(0);

        await RequireAllUnderPrimaryAsync(pmm);
    }

    [SkippableFact]
    public async Task What_rotations_of_PMM_3_9_left_is_healed_with_the_key_of_before()
    {
        await using var pmm = await SeedAsync(rows: 600);
        var before = Keys;
        before.Save(_folder["pmm_old.key"]);
        var after = HandKeyset.Generate();
        after.Save(KeyFile);
        // PMM-15188: a rotation changes the key of usernames and passwords, and lays two layers over each option.
        var rows = await pmm.Database.ScalarAsync<string[]>(
            "SELECT array_agg(agent_id || ' ' || coalesce(username, '') || ' ' || coalesce(mysql_options->>'tls_key', '')) FROM agents");
        foreach (var row in rows!.Select(row => row.Split(' ')))
        {
            await pmm.Database.ExecuteAsync(
                "UPDATE agents SET username = nullif($2, ''), mysql_options = CASE WHEN $3 = '' THEN mysql_options "
                + "ELSE jsonb_set(mysql_options, '{tls_key}', to_jsonb($3)) END WHERE agent_id = $1",
                row[0], row[1] == "" ? "" : after.Seal(before.Open(row[1]).Plaintext),
                row[2] == "" ? "" : after.Seal(before.Seal(row[2])));
        }

        (await RunAsync(pmm, "rotate")).Fails(4);
        (await RunAsync(pmm, "repair", "--dry-run")).Ends(2);
        (await RunAsync(pmm, "repair")).Ends(0).Prints("pmm_old.key opened");

        await RequireAllUnderPrimaryAsync(pmm);
        Assert.Equal(after.Primary, Assert.Single(Keys.Keys).Id);
    }

    [SkippableFact]
    public async Task Beside_a_service_that_may_have_the_lost_key_alone_nothing_is_repaired()
    {
        await using var pmm = await SeedAsync(rows: 60);
        Keys.Save(_folder["theirs.key"]);
        var ours = HandKeyset.Generate();
        ours.Save(KeyFile);
        await pmm.Database.ExecuteAsync("UPDATE agents SET password = $2 WHERE agent_id = $1", pmm.Rows.AgentId(1), ours.Seal("s"));
        await using (await pmm.Database.OpenAsync())
            (await RunAsync(pmm, "repair", "--old-key", _folder["theirs.key"])).Fails(5).Says("--online");

        Assert.NotEqual(ours.Primary, HandKeyset.KeyIdOf((await pmm.Database.ScalarAsync<string>(
            "SELECT password FROM agents WHERE agent_id = $1", pmm.Rows.AgentId(2)))!));
        (await RunAsync(pmm, "repair", "--old-key", _folder["theirs.key"])).Ends(0);
    }

    private async Task<PmmDatabase> SeedAsync(int rows, bool quirks = false)
    {
        var server = PostgresServer.Require();
        var keys = HandKeyset.Generate();
        keys.Save(KeyFile);
        return await PmmDatabase.CreateAsync(
            server,
            new PmmSeed { Rows = rows, Quirks = quirks, Storage = PmmStorage.Legacy, Encrypt = (plaintext, _) => keys.Seal(plaintext) });
    }

    /// <summary>Runs a verb with this key file, and on this database where there is one.</summary>
    private Task<ToolResult> RunAsync(PmmDatabase? pmm, params string[] arguments)
    {
        string[] database = pmm is null ? [] : ["--connection", pmm.Database.PlainConnectionString];
        return PmmCryptProgram.RunAsync([.. arguments, .. database, "--key-file", KeyFile]);
    }

    private async Task RequireAllUnderPrimaryAsync(PmmDatabase pmm)
    {
        var keys = Keys;
        (await pmm.CheckAsync(keys.OpenPrimary)).EnsureAsSeeded();
    }
}
