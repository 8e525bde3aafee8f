using System.Text;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>Tables so large that two connections read them side by side.</summary>
public sealed class SnapshotTests : PostgresTest
{
    private const int Rows = 30_000;

    /// <summary>Little on the disk, and on the way to the client more than fits into the buffers in between.</summary>
    private static readonly string Old = string.Concat(Enumerable.Repeat("old", 500));

    private const string ReadersSql =
        "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pmm-crypt' AND query LIKE 'COPY%'";

    [SkippableFact]
    public async Task Two_connections_see_the_same_moment_and_each_row_once()
    {
        var layout = await CreateLargeAsync();
        var read = new Dictionary<string, string>();
        var readers = 0L;

        await foreach (var page in Store.ReadSnapshotAsync([layout], new PageSize(100, 1 << 20), default))
        {
            using (page)
            {
                if (read.Count == 0)
                {
                    readers = await ReadersAsync();
                    await Database.ExecuteAsync("UPDATE t SET password = 'new'; DELETE FROM t WHERE id::int % 3 = 0");
                    await Database.ExecuteAsync("INSERT INTO t (id, password) SELECT 'late ' || n, 'late' FROM generate_series(1, 100) n");
                }

                for (var row = 0; row < page.Count; row++)
                    read.Add(page.Key(row).ToString(), Encoding.UTF8.GetString(page.Column(row, 0).Span));
            }
        }

        Assert.Equal(2, readers);
        Assert.Equal(Rows, read.Count);
        Assert.All(read.Values, value => Assert.Equal(Old, value));
    }

    [SkippableTheory]
    [InlineData("min")]
    [InlineData("max")]
    public async Task A_connection_that_is_lost_is_an_error_and_no_end(string which)
    {
        var layout = await CreateLargeAsync();

        await Assert.ThrowsAsync<StoreException>(async () =>
        {
            var read = 0;
            await foreach (var page in Store.ReadSnapshotAsync([layout], new PageSize(100, 1 << 20), default))
            {
                using (page)
                {
                    if (read == 0 && await ReadersAsync() > 0)
                        await Database.ExecuteAsync($"SELECT pg_terminate_backend((SELECT {which}(pid) {ReadersSql}))");
                    read += page.Count;
                }
            }

            Assert.Fail($"{read} rows were read to an end.");
        });
    }

    [SkippableFact]
    public async Task A_table_that_is_yet_to_be_read_cannot_be_rewritten_meanwhile()
    {
        await Database.ExecuteAsync(
            "CREATE TABLE t (id text PRIMARY KEY, password text, options jsonb);"
            + " CREATE TABLE later (id text PRIMARY KEY, password text, options jsonb);"
            + " INSERT INTO t SELECT n::text, 'old' FROM generate_series(1, 10) n; INSERT INTO later SELECT * FROM t");
        TableLayout[] tables = [await DescribeAsync(Table()), await DescribeAsync(Table("later"))];
        var read = 0;

        await foreach (var page in Store.ReadSnapshotAsync(tables, new PageSize(5, 1 << 20), default))
        {
            using (page)
            {
                if (read == 0)
                {
                    var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => Database.ExecuteAsync(
                        "SET lock_timeout = 300; ALTER TABLE later ALTER password TYPE varchar(100)"));
                    Assert.Equal(Npgsql.PostgresErrorCodes.LockNotAvailable, refused.SqlState);
                    await Database.ExecuteAsync("UPDATE later SET password = 'written'");
                }

                read += page.Count;
            }
        }

        Assert.Equal(20, read);
    }

    [SkippableFact]
    public async Task A_role_with_rights_on_columns_alone_reads_what_it_may()
    {
        await Database.ExecuteAsync("CREATE TABLE t (id text PRIMARY KEY, password text, options jsonb); INSERT INTO t VALUES ('1', 'old')");
        var layout = await DescribeAsync(Table());
        var role = await CreateRoleAsync();
        await Database.ExecuteAsync($"GRANT SELECT (id, password, options) ON t TO {role}");
        await using var store = await OpenAsync(role);
        var read = 0;

        await foreach (var page in store.ReadSnapshotAsync([layout], PageSize.Default, default))
        {
            using (page)
                read += page.Count;
        }

        Assert.Equal(1, read);
    }

    [SkippableFact]
    public async Task A_read_that_is_stopped_is_stopped_and_no_end()
    {
        var layout = await CreateLargeAsync();
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var page in Store.ReadSnapshotAsync([layout], new PageSize(100, 1 << 20), stop.Token))
            {
                page.Dispose();
                await stop.CancelAsync();
            }
        });
    }

    [SkippableFact]
    public async Task A_role_that_may_have_no_more_connections_reads_with_one()
    {
        var layout = await CreateLargeAsync();
        var role = await CreateRoleAsync("CONNECTION LIMIT 1");
        await Database.ExecuteAsync($"GRANT SELECT ON t TO {role}");
        await using var store = await OpenAsync(role);
        var read = 0;

        await foreach (var page in store.ReadSnapshotAsync([layout], new PageSize(100, 1 << 20), default))
        {
            using (page)
                read += page.Count;
        }

        Assert.Equal(Rows, read);
    }

    /// <summary>How many connections read, once there are two or it has been long enough.</summary>
    private async Task<long> ReadersAsync()
    {
        var readers = 0L;
        for (var i = 0; i < 1500 && readers < 2; i++)
        {
            await Task.Delay(20);
            readers = await Database.ScalarAsync<long>($"SELECT count(*) {ReadersSql}");
        }

        return readers;
    }

    /// <summary>Few rows in a block, so that many blocks are soon filled.</summary>
    private async Task<TableLayout> CreateLargeAsync()
    {
        await Database.ExecuteAsync("CREATE TABLE t (id text PRIMARY KEY, password text, options jsonb, other text) WITH (fillfactor = 10)");
        await Database.ExecuteAsync($"INSERT INTO t (id, password) SELECT n::text, '{Old}' FROM generate_series(1, {Rows}) n");
        return await DescribeAsync(Table());
    }
}
