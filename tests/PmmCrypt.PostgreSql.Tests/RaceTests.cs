using Npgsql;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>
/// What another session commits while a page's statement is already running, behind its snapshot and before it takes the row: the writer
/// whom nobody can see coming. A trigger that fires before the statement's first row holds it there.
/// </summary>
public sealed class RaceTests : PostgresTest
{
    private const int Barrier = 4711;

    [SkippableTheory]
    [InlineData("UPDATE t SET password = 'theirs' WHERE id = '2'", "new|theirs|new")]
    [InlineData("UPDATE t SET password = 'theirs' WHERE id = '2'; UPDATE t SET password = 'old' WHERE id = '2'", "new|old|new")]
    [InlineData("""UPDATE t SET options = '{"secret": "theirs"}' WHERE id = '2'""", "new|old|new")]
    [InlineData("UPDATE t SET other = 'theirs' WHERE id = '2'", "new|old|new")]
    [InlineData("DELETE FROM t WHERE id = '2'", "new|new")]
    [InlineData("DELETE FROM t WHERE id = '2'; INSERT INTO t VALUES ('2', 'theirs')", "new|theirs|new")]
    [InlineData("DELETE FROM t WHERE id = '2'; INSERT INTO t VALUES ('2', 'old')", "new|old|new")]
    [InlineData("UPDATE t SET id = '9' WHERE id = '2'", "new|new|old")]
    public async Task What_is_committed_behind_the_statements_snapshot_stays(string theirs, string expected)
    {
        var layout = await CreateAsync(3);
        await HoldStatementsAsync();
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await using var barrier = await Database.OpenAsync();
        await ExecuteAsync(barrier, $"SELECT pg_advisory_lock({Barrier})");

        var replacing = ReplaceAsync(page);
        await WaitForAdvisoryWaiterAsync();
        await Database.ExecuteAsync(theirs);
        await ExecuteAsync(barrier, $"SELECT pg_advisory_unlock({Barrier})");

        Assert.Equal([true, false, true], await replacing.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(expected, await Database.ScalarAsync<string>("SELECT string_agg(password, '|' ORDER BY id) FROM t"));
        if (theirs.Contains("options", StringComparison.Ordinal))
        {
            Assert.Equal("""{"secret": "theirs"}""",
                await Database.ScalarAsync<string>("SELECT options::text FROM t WHERE id = '2'"));
        }
    }

    [SkippableFact]
    public async Task A_row_that_is_taken_behind_the_statements_snapshot_is_not_waited_for()
    {
        var layout = await CreateAsync(3);
        await HoldStatementsAsync();
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await using var barrier = await Database.OpenAsync();
        await ExecuteAsync(barrier, $"SELECT pg_advisory_lock({Barrier})");
        var replacing = ReplaceAsync(page);
        await WaitForAdvisoryWaiterAsync();
        await using var service = await Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await ExecuteAsync(service, "UPDATE t SET password = 'theirs' WHERE id = '2'");

        await ExecuteAsync(barrier, $"SELECT pg_advisory_unlock({Barrier})");

        // The service's transaction is open until the page has returned: had it waited, this would be for ever.
        Assert.Equal([true, false, true], await replacing.WaitAsync(TimeSpan.FromSeconds(30)));
        await transaction.CommitAsync();
        Assert.Equal("theirs", await PasswordAsync("2"));
    }

    [SkippableFact]
    public async Task A_foreign_key_that_holds_a_row_does_not_keep_it_from_being_replaced()
    {
        var layout = await CreateAsync(1);
        await Database.ExecuteAsync("CREATE TABLE refers (t_id text REFERENCES t (id))");
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadAsync(layout);
        await using var service = await Database.OpenAsync();
        await using var transaction = await service.BeginTransactionAsync();
        await ExecuteAsync(service, "INSERT INTO refers VALUES ('1')");

        Assert.Equal([true], await ReplaceAsync(page).WaitAsync(TimeSpan.FromSeconds(30)));
        await transaction.CommitAsync();
    }

    [SkippableFact]
    public async Task Pages_and_two_services_that_take_rows_in_opposite_orders_go_on_without_a_deadlock()
    {
        await CreateAsync(40);
        await using var held = await Store.LockAsync(Moment, default);
        var before = await DeadlocksAsync();
        using var stop = new CancellationTokenSource();
        var services = new[] { "ASC", "DESC" }.Select(order => Task.Run(async () =>
        {
            await using var service = await Database.OpenAsync();
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await ExecuteAsync(service,
                    $"WITH r AS (SELECT id FROM t WHERE id::int % 2 = {(order == "ASC" ? 0 : 1)} ORDER BY id::int {order} FOR UPDATE) "
                    + $"UPDATE t SET other = '{order}{i}' FROM r WHERE t.id = r.id");
            }
        })).ToArray();
        var layout = await DescribeAsync(Table());

        var replaced = 0;
        for (var i = 0; i < 100; i++)
        {
            using var page = await ReadAsync(layout);
            replaced += (await ReplaceAsync(page, $"new {i}")).Count(done => done);
        }

        Assert.NotEqual(0, replaced);       // they do meet
        await stop.CancelAsync();
        await Task.WhenAll(services);
        Assert.Equal(before, await DeadlocksAsync());
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private Task<long> DeadlocksAsync() =>
        Database.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");

    /// <summary>Only the store's statements are held: the services' go on.</summary>
    private Task<int> HoldStatementsAsync() => Database.ExecuteAsync(
        $"""
        CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF current_setting('application_name') = 'pmm-crypt' THEN PERFORM pg_advisory_xact_lock_shared({Barrier}); END IF;
          RETURN NULL;
        END $$;
        CREATE TRIGGER hold BEFORE UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION hold();
        """);
}
