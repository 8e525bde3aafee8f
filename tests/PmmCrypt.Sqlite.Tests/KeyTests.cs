using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite.Tests;

public sealed class KeyTests : SqliteTest
{
    [Theory]
    [InlineData("CREATE TABLE t (id text PRIMARY KEY, password text)")]
    [InlineData("CREATE TABLE t (ID text PRIMARY KEY, Password text)")]
    [InlineData("CREATE TABLE t (id integer PRIMARY KEY, password text)")]
    [InlineData("CREATE TABLE t (id integer PRIMARY KEY DESC, password text)")]
    [InlineData("CREATE TABLE t (id text PRIMARY KEY, password text) WITHOUT ROWID")]
    [InlineData("CREATE TABLE t (id text PRIMARY KEY, password text) STRICT")]
    [InlineData("CREATE TABLE t (id text UNIQUE, password text)")]
    [InlineData("CREATE TABLE t (id text, password text); CREATE UNIQUE INDEX i ON t (id DESC)")]
    [InlineData("CREATE TABLE t (id text PRIMARY KEY COLLATE NOCASE, password text)")]
    public async Task A_unique_key_is_found(string sql)
    {
        var layout = await CreateAsync(sql);
        await Database.ExecuteAsync("INSERT INTO t (id, password) VALUES (1, 'a'), (2, 'b')");

        Assert.Empty((await Store.ProbeAsync([layout], default)).Obstacles);
        Assert.Equal(["1", "2"], await KeysAsync(layout));
    }

    [Theory]
    [InlineData("CREATE TABLE t (id text, password text)")]
    [InlineData("CREATE TABLE t (id text, password text); CREATE INDEX i ON t (id)")]
    [InlineData("CREATE TABLE t (id text, password text); CREATE UNIQUE INDEX i ON t (id) WHERE id > 'm'")]
    [InlineData("CREATE TABLE t (id text, password text); CREATE UNIQUE INDEX i ON t (lower(id))")]
    [InlineData("CREATE TABLE t (id text, n integer, password text, PRIMARY KEY (id, n))")]
    public async Task A_key_that_is_not_unique_is_an_obstacle(string sql)
    {
        var obstacle = Assert.Single((await Store.ProbeAsync([await CreateAsync(sql)], default)).Obstacles);

        Assert.Contains("Table t has no unique index on id", obstacle, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NULL")]
    [InlineData("x'00'")]
    [InlineData("1.5")]
    public async Task A_row_that_its_key_does_not_identify_is_an_obstacle_and_is_never_passed_over(string value)
    {
        // SQLite lets NULL into a primary key that is not an integer.
        var layout = await CreateAsync("CREATE TABLE t (id PRIMARY KEY, password text)");
        await Database.ExecuteAsync($"INSERT INTO t VALUES ({value}, 'a'), ('z', 'b')");

        Assert.Contains("key column id", Assert.Single((await Store.ProbeAsync([layout], default)).Obstacles), StringComparison.Ordinal);
        await Assert.ThrowsAsync<StoreException>(() => KeysAsync(layout));
        await Assert.ThrowsAsync<StoreException>(async () =>
        {
            await foreach (var page in Store.ReadSnapshotAsync([layout], PageSize.Default, default))
                page.Dispose();
        });
    }

    [Fact]
    public async Task Keys_that_differ_in_case_only_are_told_apart_where_the_index_does_and_the_column_does_not()
    {
        var layout = await CreateAsync(
            "CREATE TABLE t (id text NOT NULL COLLATE NOCASE, password text); CREATE UNIQUE INDEX i ON t (id COLLATE BINARY)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('a', 'a'), ('A', 'A'), ('b', 'b')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);

        Assert.Equal(["A", "a", "b"], await KeysAsync(layout));
        using var page = await Store.ReadPageAsync(layout, null, new PageSize(1, 1), null, default);
        await ReplaceAllAsync(page, "new");
        Assert.Equal("a,b,new", await Database.ScalarAsync("SELECT group_concat(password ORDER BY password) FROM t"));
    }

    [Fact]
    public async Task A_row_that_came_back_under_a_key_of_another_case_is_another_row()
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY COLLATE NOCASE, password text)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('a', 'old')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);
        await Database.ExecuteAsync("UPDATE t SET id = 'A'");

        Assert.Equal([false], await ReplaceAllAsync(page, "new"));
    }

    [Fact]
    public async Task A_Guid_is_found_by_the_spelling_it_is_stored_in()
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password text)", new KeyColumn("id", KeyColumnType.Guid));
        await Database.ExecuteAsync(
            """
            INSERT INTO t VALUES ('6F9619FF-8B86-D011-B42D-00C04FC964FF', 'a'), ('6f9619ff-8b86-d011-b42d-00c04fc964fe', 'b'),
                ('{6f9619ff-8b86-d011-b42d-00c04fc964fd}', 'c')
            """);
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);

        Assert.Equal([true, true, true], await ReplaceAllAsync(page, "new"));
        Assert.Equal(3, (await KeysAsync(layout)).Count);
    }

    [Fact]
    public async Task A_key_with_a_zero_character_is_found_again()
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password text)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('a' || char(0) || 'b', 'x'), ('a' || char(0) || 'c', 'y')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);

        Assert.Equal([true, true], await ReplaceAllAsync(page, "new"));
        Assert.Equal(["a\0b", "a\0c"], await KeysAsync(layout));
    }

    [Fact]
    public async Task A_table_without_its_key_column_is_an_error_and_not_passed_over()
    {
        var error = await Assert.ThrowsAsync<StoreSchemaException>(
            () => CreateAsync("CREATE TABLE t (name text PRIMARY KEY, password text)"));

        Assert.Contains("no column id", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_row_of_a_single_row_table_is_an_error()
    {
        await Database.ExecuteAsync("CREATE TABLE t (password text); INSERT INTO t VALUES ('a'), ('b')");
        var layout = await DescribeAsync();

        await Assert.ThrowsAsync<StoreException>(() => ReadAsync(layout));
    }
}
