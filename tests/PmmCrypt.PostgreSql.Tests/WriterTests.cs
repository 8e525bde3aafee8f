using System.Diagnostics;
using Npgsql;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>Pages beside services that write the same rows.</summary>
public sealed class WriterTests : PostgresTest
{
    private const int Barrier = 4711;

    [SkippableFact]
    public async Task What_the_connection_asks_of_the_server_in_its_own_words_holds_for_a_page()
    {
        var layout = await CreateAsync(1);
        await using var store = await PostgresRotationStore.OpenAsync(
            new PostgresTarget(Database.PlainConnectionString + ";Options=-c default_toast_compression=lz4"), default);
        await using var held = await store.LockAsync(Moment, default);
        using var page = await store.ReadPageAsync(layout, null, PageSize.Default, null, default);

        Assert.All(await ReplaceAsync(page, new string('x', 10_000), store), Assert.True);

        Assert.Equal("lz4", await Database.ScalarAsync<string>("SELECT pg_column_compression(password) FROM t"));
    }

    [SkippableFact]
    public async Task A_row_that_another_session_holds_is_passed_over_at_once_and_the_others_are_replaced()
    {
        var layout = await CreateAsync(3);
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await using var service = await Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await ExecuteAsync(service, "UPDATE t SET password = 'theirs' WHERE id = '2'");
        var watch = Stopwatch.StartNew();

        Assert.Equal([true, false, true], await ReplaceAsync(page));

        Assert.True(watch.Elapsed < Moment, $"It waited {watch.Elapsed} for a row.");
        await transaction.CommitAsync();
        Assert.Equal("new theirs new", $"{await PasswordAsync("1")} {await PasswordAsync("2")} {await PasswordAsync("3")}");
    }

    [SkippableFact]
    public async Task A_row_that_refers_to_one_of_the_page_can_be_inserted_while_the_page_is_written()
    {
        await CreateAsync(1);
        await Database.ExecuteAsync(
            $"""
            CREATE TABLE refers (t_id text REFERENCES t (id));
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN PERFORM pg_advisory_xact_lock_shared({Barrier}); RETURN NULL; END';
            CREATE TRIGGER hold AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION hold()
            """);
        var layout = await DescribeAsync(Table());
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await using var barrier = await Database.OpenAsync();
        await ExecuteAsync(barrier, $"SELECT pg_advisory_lock({Barrier})");

        var writing = ReplaceAsync(page);
        await WaitForAdvisoryWaiterAsync();     // the row is updated, and the update not committed
        await using (var service = await Database.OpenAsync())
        {
            await ExecuteAsync(service, "SET lock_timeout = '2s'");
            await ExecuteAsync(service, "INSERT INTO refers VALUES ('1')");
        }

        await ExecuteAsync(barrier, $"SELECT pg_advisory_unlock({Barrier})");
        Assert.Equal([true], await writing);
    }

    [SkippableFact]
    public async Task Sessions_that_take_rows_in_another_order_are_never_in_a_deadlock_with_a_page()
    {
        var layout = await CreateAsync(50);
        await using var held = await Store.LockAsync(Moment, default);
        using var stop = new CancellationTokenSource();
        var services = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            await using var service = await Database.OpenAsync();
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await using var transaction = await service.BeginTransactionAsync();
                for (var row = 50; row >= 1; row -= 7)
                    await ExecuteAsync(service, $"UPDATE t SET other = '{i}' WHERE id = '{row}'");
                await transaction.CommitAsync();
            }
        })).ToArray();

        var replaced = 0;
        for (var i = 0; i < 60; i++)
        {
            // Every page: rows move to other blocks while dead ones cannot be cleared away.
            PagePosition? from = null;
            do
            {
                using var page = await Store.ReadPageAsync(layout, from, PageSize.Default, null, default);
                replaced += (await ReplaceAsync(page, $"new {i}")).Count(done => done);
                from = page.Next;
            }
            while (from is not null);
        }

        await stop.CancelAsync();
        await Task.WhenAll(services);       // a deadlock would have thrown in one of them
        Assert.True(replaced > 60 * 20, $"Only {replaced} rows were replaced.");
    }

    [SkippableFact]
    public async Task A_page_that_was_read_from_another_server_replaces_nothing()
    {
        var layout = await CreateAsync(1);
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        page.Origin = "2001-01-01 00:00:00+00";

        Assert.Equal([false], await ReplaceAsync(page));

        Assert.Equal("old", await PasswordAsync("1"));
    }

    [SkippableFact]
    public async Task A_column_that_is_too_narrow_is_an_error_and_not_a_value_cut_short()
    {
        var layout = await CreateAsync(1, password: "varchar(8)");
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);

        var failure = await Assert.ThrowsAsync<StoreException>(() => ReplaceAsync(page, "MARKED-VALUE"));

        Assert.DoesNotContain("MARKED", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("too narrow", failure.Message, StringComparison.Ordinal);
        Assert.Equal("old", await PasswordAsync("1"));
    }

    [SkippableFact]
    public async Task What_a_trigger_says_of_a_row_is_not_handed_on()
    {
        var layout = await CreateAsync(1);
        await Database.ExecuteAsync(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'was %', old.password; END $$;"
            + " UPDATE t SET password = 'MARKED-VALUE'; CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()");
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);

        var failure = await Assert.ThrowsAsync<StoreException>(() => ReplaceAsync(page));

        Assert.DoesNotContain("MARKED", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("trigger", failure.Hint, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("ALTER TABLE t ADD CHECK (password <> 'new')", "23514")]
    [InlineData("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1 / (SELECT count(*) FROM t WHERE false); END'; "
        + "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()", "22012")]
    [InlineData("DROP TABLE t", "42P01")]
    public async Task Whatever_refuses_a_page_comes_with_what_to_do_next(string ddl, string state)
    {
        var layout = await CreateAsync(1);
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await Database.ExecuteAsync(ddl);

        var failure = await Assert.ThrowsAsync<StoreException>(() => ReplaceAsync(page));

        Assert.Contains(state, failure.Message, StringComparison.Ordinal);
        Assert.Contains("same command again", failure.Hint, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Two_keys_that_a_collation_takes_for_equal_are_two_rows()
    {
        await Database.ExecuteAsync(
            """
            CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TABLE t (id text COLLATE ignore_case NOT NULL, password text, options jsonb);
            CREATE UNIQUE INDEX ON t (id COLLATE "C");
            INSERT INTO t VALUES ('a', 'of a'), ('A', 'of A');
            """);
        var layout = await DescribeAsync(Table());
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        var changes = new RowChanges(layout);
        for (var row = 0; row < page.Count; row++)
            changes.Set(row, 0, System.Text.Encoding.UTF8.GetBytes("new " + System.Text.Encoding.UTF8.GetString(page.Column(row, 0).Span)));

        await Store.ReplaceAsync(page, changes, default);

        Assert.DoesNotContain(
            "new of A",
            await Database.ScalarAsync<string>("SELECT password FROM t WHERE id COLLATE \"C\" = 'a'"),
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            "new of a",
            await Database.ScalarAsync<string>("SELECT password FROM t WHERE id COLLATE \"C\" = 'A'"),
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_roles_settings_do_not_end_a_transaction_halfway()
    {
        var role = await CreateRoleAsync();
        await CreateAsync(2);
        await Database.ExecuteAsync(
            $"""
            CREATE TABLE seen (isolation text);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              INSERT INTO seen VALUES (current_setting('transaction_isolation'));
              PERFORM pg_sleep(0.2);
              RETURN new;
            END $$;
            CREATE TRIGGER note BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();
            GRANT ALL ON t, seen TO {role};
            ALTER ROLE {role} SET statement_timeout = '50ms';
            ALTER ROLE {role} SET lock_timeout = '50ms';
            ALTER ROLE {role} SET idle_in_transaction_session_timeout = '50ms';
            ALTER ROLE {role} SET default_transaction_isolation = 'serializable';
            """);
        await using var store = await OpenAsync(role);
        await using var held = await store.LockAsync(Moment, default);
        var layout = await DescribeAsync(Table(), store);
        using var page = await store.ReadPageAsync(layout, null, PageSize.Default, null, default);

        await Task.Delay(300);      // the lock's own transaction idles meanwhile

        Assert.Equal([true, true], await ReplaceAsync(page, store: store));
        Assert.Equal("read committed", await Database.ScalarAsync<string>("SELECT DISTINCT isolation FROM seen"));
    }

    [SkippableTheory]
    [InlineData("statement_timeout")]
    [InlineData("lock_timeout")]
    public async Task The_roles_timeouts_do_not_end_a_look_into_a_catalog_that_is_busy(string timeout)
    {
        var role = await CreateRoleAsync();
        await CreateAsync(1);
        await Database.ExecuteAsync($"ALTER ROLE {role} SET {timeout} = '50ms'");
        await using var store = await OpenAsync(role);
        await using var service = await Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await ExecuteAsync(service, "LOCK TABLE pg_class IN ACCESS EXCLUSIVE MODE");

        var describing = DescribeAsync(Table(), store);
        await Task.Delay(300);
        Assert.False(describing.IsCompletedSuccessfully, "It did not look into the catalog: this shows nothing.");
        await transaction.CommitAsync();

        Assert.True((await describing).IsPresent);
    }

    [SkippableTheory]
    [InlineData("char(36)")]
    [InlineData("varchar(40)")]
    [InlineData("\"Odd \"\"type\"\" here\"")]
    [InlineData("odder")]
    public async Task A_key_of_any_text_type_finds_its_row(string type)
    {
        await Database.ExecuteAsync(
            """
            CREATE DOMAIN "Odd ""type"" here" AS text CHECK (value <> '');
            CREATE DOMAIN odder AS "Odd ""type"" here" NOT NULL;
            """);
        await Database.ExecuteAsync($"CREATE TABLE t (id {type} PRIMARY KEY, password odder, options jsonb)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('it''s one', 'old'), ('it''s two', 'old')");
        var layout = await DescribeAsync(Table());
        await using var held = await Store.LockAsync(Moment, default);
        Assert.Empty((await Store.ProbeAsync([layout], default)).Obstacles);
        using var page = await ReadAsync(layout);

        Assert.Equal([true, true], await ReplaceAsync(page));
        Assert.Equal(2L, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'new'"));
    }

    [SkippableTheory]
    [InlineData(KeyColumnType.Integer, "text", "00001", "1", "+1")]
    [InlineData(KeyColumnType.Integer, "varchar(20)", "00001", "1", "0001")]
    [InlineData(KeyColumnType.Guid, "text", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "{6f9619ff-8b86-d011-b42d-00cf4fc964ff}")]
    [InlineData(KeyColumnType.Boolean, "text", "TRUE", "true", "True")]
    public async Task A_key_that_is_kept_as_text_finds_its_row_however_it_is_spelled(KeyColumnType key, string type, params string[] ids)
    {
        await Database.ExecuteAsync($"CREATE TABLE t (id {type} PRIMARY KEY, password text, options jsonb)");
        foreach (var id in ids)
            await Database.ExecuteAsync("INSERT INTO t VALUES ($1, 'old')", id);
        var layout = await DescribeAsync(Table(key: key));
        await using var held = await Store.LockAsync(Moment, default);
        var seen = new List<string>();

        for (PagePosition? from = null; seen.Count <= ids.Length;)
        {
            using var page = await Store.ReadPageAsync(layout, from, new PageSize(1, 1 << 20), null, default);
            if (page.Count > 0)
                Assert.Equal([true], await ReplaceAsync(page));
            if (page.Count > 0)
                seen.Add(page.Key(0).ToString());
            if ((from = page.Next) is null)
                break;
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        Assert.Equal(ids.Length, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'new'"));
    }

    [SkippableFact, Trait("Category", "Slow")]
    public async Task A_table_that_is_locked_for_a_while_is_tried_again()
    {
        var layout = await CreateAsync(2);
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await using var service = await Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await ExecuteAsync(service, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE");

        var replacing = ReplaceAsync(page);
        await WaitForTableWaiterAsync(waits: true);
        await WaitForTableWaiterAsync(waits: false);        // the first try is given up
        await transaction.CommitAsync();

        Assert.Equal([true, true], await replacing.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [SkippableFact, Trait("Category", "Slow")]
    public async Task A_table_that_stays_locked_is_not_waited_for_without_end()
    {
        var layout = await CreateAsync(2);
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await using (var service = await Database.OpenAsync())
        {
            await using var transaction = await service.BeginTransactionAsync();
            await ExecuteAsync(service, "LOCK TABLE t IN ACCESS EXCLUSIVE MODE");

            var failure = await Assert.ThrowsAsync<StoreException>(() => ReplaceAsync(page).WaitAsync(TimeSpan.FromMinutes(1)));

            Assert.Contains("t locked", failure.Message, StringComparison.Ordinal);
            Assert.Contains("same command again", failure.Hint, StringComparison.Ordinal);
        }

        Assert.Equal(2L, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'old'"));
    }

    [SkippableFact]
    public async Task A_partitioned_table_is_a_table()
    {
        var layout = await CreatePartitionedAsync(20);
        await using var held = await Store.LockAsync(Moment, default);
        Assert.Empty((await Store.ProbeAsync([layout], default)).Obstacles);
        using var page = await ReadAsync(layout);

        Assert.All(await ReplaceAsync(page), Assert.True);
        Assert.Equal(20L, await Database.ScalarAsync<long>("SELECT count(*) FROM t WHERE password = 'new'"));
    }

    [SkippableFact]
    public async Task A_table_is_found_in_its_schema_under_an_odd_name()
    {
        await Database.ExecuteAsync(
            """
            CREATE SCHEMA "My ""schema"" here";
            CREATE TABLE "My ""schema"" here"."group" ("sélect" text PRIMARY KEY, password text, options jsonb);
            INSERT INTO "My ""schema"" here"."group" VALUES ('1', 'old', '{"secret": "old"}');
            """);
        var layout = await DescribeAsync(Table("group", "My \"schema\" here", keyName: "sélect"));
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);

        Assert.Equal([true], await ReplaceAsync(page));
        Assert.Equal("new", await Database.ScalarAsync<string>("""SELECT password FROM "My ""schema"" here"."group" """));
    }

    [SkippableFact]
    public async Task A_collation_for_which_two_texts_are_equal_does_not_hide_a_change()
    {
        await Database.ExecuteAsync("CREATE COLLATION ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
        var layout = await CreateAsync(1, password: "text COLLATE ignore_case");
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await Database.ExecuteAsync("UPDATE t SET password = 'OLD'");

        Assert.Equal([false], await ReplaceAsync(page));
        Assert.Equal("OLD", await PasswordAsync("1"));
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
