using System.Text;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>A whole table, as the binary COPY brings it: to the byte, and as of one moment.</summary>
public sealed class CopyTests : PostgresTest
{
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public async Task Values_arrive_as_they_are_stored(int rowsOfAPage)
    {
        // The buffer has 256 KB at first: values that just fill it, that pass it by one byte, and that are much larger.
        string?[] values =
        [
            null, "", " ", "größe 🔑 ﷽", "line\r\nbreak\ttab \\N \\.", new('x', (256 << 10) - 4), new('x', (256 << 10) + 1),
            string.Concat(Enumerable.Repeat("é🔑", 1 << 18)), "", null,
        ];
        await Database.ExecuteAsync("CREATE TABLE t (id text PRIMARY KEY, password text, options jsonb)");
        for (var i = 0; i < values.Length; i++)
            await Database.ExecuteAsync("INSERT INTO t VALUES ($1, $2)", $"{i}", (object?)values[i] ?? DBNull.Value);
        var layout = await DescribeAsync(Table());

        var read = new Dictionary<string, string?>();
        await foreach (var page in Store.ReadSnapshotAsync([layout], new PageSize(rowsOfAPage, 64 << 20), default))
        {
            using (page)
            {
                for (var row = 0; row < page.Count; row++)
                {
                    read.Add(page.Key(row).ToString(), page.IsNull(row, 0) ? null : Encoding.UTF8.GetString(page.Column(row, 0).Span));
                    Assert.True(page.IsNull(row, 1));
                }
            }
        }

        Assert.Equal(values, Enumerable.Range(0, values.Length).Select(i => read[$"{i}"]));
        Assert.Equal(values.Length, read.Count);
    }

    [SkippableFact]
    public async Task Another_session_that_writes_all_the_while_is_seen_at_one_moment_in_every_table()
    {
        // Rows wide enough that the server cannot have sent them all before the first is asked for.
        await Database.ExecuteAsync(
            """
            CREATE TABLE t (id text PRIMARY KEY, password text, options jsonb, moment int DEFAULT 0);
            CREATE TABLE u (LIKE t INCLUDING ALL);
            INSERT INTO t SELECT n, '0' || repeat('x', 20000) FROM generate_series(1, 400) n;
            INSERT INTO u SELECT * FROM t;
            """);
        TableLayout[] layouts = [await DescribeAsync(Table()), await DescribeAsync(Table("u"))];
        using var stop = new CancellationTokenSource();
        var moments = 0;
        var writing = Task.Run(async () =>
        {
            await using var service = await Database.OpenAsync();
            for (var i = 1; !stop.IsCancellationRequested; i++)
            {
                await using var command = new NpgsqlCommand(
                    $"BEGIN; UPDATE t SET password = '{i}' || repeat('x', 20000) WHERE id IN ('1', '400');"
                    + $"UPDATE u SET password = '{i}' || repeat('x', 20000) WHERE id IN ('1', '400'); COMMIT", service);
                await command.ExecuteNonQueryAsync();
                Volatile.Write(ref moments, i);
            }
        });
        var before = await WaitForAsync(1);

        var seen = new HashSet<string>();
        var rows = 0;
        await foreach (var page in Store.ReadSnapshotAsync(layouts, new PageSize(10, 64 << 20), default))
        {
            using (page)
            {
                rows += page.Count;
                for (var row = 0; row < page.Count; row++)
                {
                    if (page.Key(row).ToString() is "1" or "400")
                        seen.Add(Encoding.UTF8.GetString(page.Column(row, 0).Span).TrimEnd('x'));
                }

                if (rows == 10)
                    await WaitForAsync(before + 3);
            }
        }

        await stop.CancelAsync();
        await writing;
        Assert.Equal(800, rows);
        Assert.Single(seen);

        async Task<int> WaitForAsync(int moment)
        {
            while (Volatile.Read(ref moments) < moment && !writing.IsCompleted)
                await Task.Delay(5);
            return Volatile.Read(ref moments);
        }
    }
}
