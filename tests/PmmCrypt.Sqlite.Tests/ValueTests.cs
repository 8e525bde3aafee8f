using System.Text;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Contract;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite.Tests;

public sealed class ValueTests : SqliteTest
{
    [Theory]
    [InlineData("", "x'616263'", "abc", "blob")]
    [InlineData("", "12345", "12345", "integer")]
    [InlineData("numeric", "'12345'", "12345", "integer")]      // compared with text, such a column would turn the text into a number
    [InlineData("real", "1.5", "1.5", "real")]
    public async Task What_is_not_text_is_shown_and_an_obstacle_and_never_replaced(
        string declared, string literal, string shown, string type)
    {
        var layout = await CreateAsync($"CREATE TABLE t (id text PRIMARY KEY, password {declared})");
        await Database.ExecuteAsync($"INSERT INTO t VALUES ('1', {literal})");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);

        Assert.Equal(shown, Encoding.UTF8.GetString(page.Column(0, 0).Span));
        Assert.Contains("column password holds a number or a BLOB",
            Assert.Single((await Store.ProbeAsync([layout], default)).Obstacles), StringComparison.Ordinal);
        Assert.Equal([false], await ReplaceAllAsync(page, "new"));
        Assert.Equal(type, await Database.ScalarAsync("SELECT typeof(password) FROM t"));
    }

    [Theory]
    [InlineData("string", "00123456")]
    [InlineData("uuid", "1e5")]
    [InlineData("decimal(10, 2)", "12345678901234567890123")]
    [InlineData("int", " 12 ")]
    [InlineData("real", "1.50")]
    public async Task A_secret_that_the_column_would_make_a_number_of_stays_what_it_was(string declared, string secret)
    {
        var layout = await CreateAsync($"CREATE TABLE t (id text PRIMARY KEY, password {declared})");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 'old'), ('2', 'old')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);

        var refused = await Assert.ThrowsAsync<StoreException>(() => ReplaceAllAsync(page, secret));

        Assert.Contains("column password of table t made a number of a secret", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, refused.Message, StringComparison.Ordinal);
        Assert.Equal(2L, await Database.ScalarAsync("SELECT count(*) FROM t WHERE password = 'old'"));
        Assert.Equal([true, true], await ReplaceAllAsync(page, "AQ no number"));
    }

    [Theory]
    [InlineData("string", false)]
    [InlineData("uuid", false)]
    [InlineData("point", false)]        // INT is in it, as SQLite sees it
    [InlineData("charint", false)]
    [InlineData("", true)]
    [InlineData("nvarchar(300)", true)]
    [InlineData("Text", true)]
    [InlineData("blob", true)]
    public async Task A_column_that_does_not_keep_every_text_is_found(string declared, bool keeps)
    {
        var model = new EncryptionModel(
            "test", [new ContractTable("t", [new KeyColumn("id", KeyColumnType.Text)], ["password"], []).ToMetadata()]);
        await Database.ExecuteAsync($"CREATE TABLE t (id text PRIMARY KEY, password {declared})");
        // What the answer goes by: the database's own.
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', '0012')");
        Assert.Equal(keeps ? "text" : "integer", await Database.ScalarAsync("SELECT typeof(password) FROM t"));

        var facts = Assert.Single(await Store.ExamineAsync(model, default));

        Assert.Equal(keeps ? ColumnHolds.Text : ColumnHolds.Other, facts.Columns["password"].Holds);
    }

    [Fact]
    public async Task Text_that_became_a_BLOB_of_the_same_bytes_is_not_replaced()
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 'old')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);
        await Database.ExecuteAsync("UPDATE t SET password = CAST(password AS BLOB)");

        Assert.Equal([false], await ReplaceAllAsync(page, "new"));
    }

    [Fact]
    public async Task The_guard_compares_bytes_however_the_column_collates()
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password text COLLATE NOCASE)");
        await Database.ExecuteAsync("INSERT INTO t VALUES ('1', 'old')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);
        await Database.ExecuteAsync("UPDATE t SET password = 'OLD'");

        Assert.Equal([false], await ReplaceAllAsync(page, "new"));
    }

    [Theory]
    [InlineData("'a' || char(0) || 'b'", "610062")]
    [InlineData("CAST(x'C3' AS TEXT)", "C3")]
    public async Task Bytes_that_are_no_ordinary_text_survive_and_are_compared(string expression, string bytes)
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password text)");
        await Database.ExecuteAsync($"INSERT INTO t VALUES ('1', {expression})");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);

        Assert.Equal(bytes, Convert.ToHexString(page.Column(0, 0).Span));
        Assert.Equal([true], await ReplaceAllAsync(page, "new"));
    }

    [Fact]
    public async Task A_value_in_the_clear_does_not_linger_in_the_file_once_it_is_replaced()
    {
        var layout = await CreateAsync("CREATE TABLE t (id text PRIMARY KEY, password text)");
        var secret = "s3cret-" + new string('x', 9000) + "-t41l";       // long enough for pages of its own
        await Database.ExecuteAsync($"INSERT INTO t VALUES ('1', '{secret}'), ('2', 's3cret-short')");
        await using var held = await Store.LockAsync(TimeSpan.Zero, default);
        using var page = await ReadAsync(layout);

        await ReplaceAllAsync(page, "new");

        var file = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Database.FilePath));
        Assert.DoesNotContain("s3cret-", file, StringComparison.Ordinal);
        Assert.DoesNotContain("-t41l", file, StringComparison.Ordinal);
    }
}
