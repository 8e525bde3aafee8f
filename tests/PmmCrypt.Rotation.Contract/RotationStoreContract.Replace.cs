using System.Buffers;
using System.Text;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <content>A row is replaced only if what is written over is what was read, and nothing else of it changes.</content>
public abstract partial class RotationStoreContract
{
    private const int Password = 0;
    private const int Options = 1;

    /// <summary>Values that quoting, escaping or conversion might change.</summary>
    public static TheoryData<string> OddValues =>
        ["", " ", "it's", "\"quoted\"", "back\\slash \\n \\u0041", "line\r\nbreak\ttab", "größe 🔑 ﷽", "{\"a\":1}",
        "123", "1e5", "NULL", "%_?$1@p0", "0x41"];

    [SkippableFact]
    public async Task Replace_writes_what_changed_and_says_which()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        foreach (var id in new[] { "1", "2", "3" })
            await Database.InsertAsync(ContractTable.Simple, Id(id), "old", """{"secret": "old", "n": 1.50}""");
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadPageAsync(layout);
        await Database.TryUpdateAsync(ContractTable.Simple, Id("2"), "password", "theirs");
        var changes = new RowChanges(layout);
        changes.Set(0, Password, "new"u8);
        changes.Set(1, Password, "new"u8);
        changes.Set(2, Options, Walk(page, 2, Options));

        Assert.Equal([true, false, true], await Store.ReplaceAsync(page, changes, default));

        Assert.Equal("new", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
        Assert.Equal("theirs", await Database.ReadAsync(ContractTable.Simple, Id("2"), "password"));
        Assert.Equal("old", await Database.ReadAsync(ContractTable.Simple, Id("3"), "password"));
        AssertJson("""{"secret":"old","n":1.50}""", await Database.ReadAsync(ContractTable.Simple, Id("1"), "options"));
        AssertJson("""{"secret":"new","n":1.50}""", await Database.ReadAsync(ContractTable.Simple, Id("3"), "options"));
    }

    [SkippableFact]
    public async Task Replace_makes_columns_NULL_and_leaves_the_same_column_of_other_rows()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        foreach (var id in new[] { "1", "2", "3", "4" })
            await Database.InsertAsync(ContractTable.Simple, Id(id), "old", """{"secret": "old"}""");
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadPageAsync(layout);
        await Database.TryUpdateAsync(ContractTable.Simple, Id("4"), "password", "theirs");
        var changes = new RowChanges(layout);
        changes.SetNull(0, Password);
        changes.Set(1, Password, "new"u8);
        changes.SetNull(2, Options);
        changes.SetNull(3, Password);

        Assert.Equal([true, true, true, false], await Store.ReplaceAsync(page, changes, default));

        Assert.Null(await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
        Assert.NotNull(await Database.ReadAsync(ContractTable.Simple, Id("1"), "options"));
        Assert.Equal("new", await Database.ReadAsync(ContractTable.Simple, Id("2"), "password"));
        Assert.Equal("old", await Database.ReadAsync(ContractTable.Simple, Id("3"), "password"));
        Assert.Null(await Database.ReadAsync(ContractTable.Simple, Id("3"), "options"));
        Assert.Equal("theirs", await Database.ReadAsync(ContractTable.Simple, Id("4"), "password"));
    }

    [SkippableFact]
    public async Task A_page_of_which_nothing_changes_replaces_nothing()
    {
        var (layout, page) = await OneRowAsync("old", null);
        await using var held = await Store.LockAsync(Moment, default);

        Assert.Empty(await Store.ReplaceAsync(page, new RowChanges(layout), default));

        Assert.Equal("old", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
    }

    [SkippableFact]
    public async Task A_row_is_not_replaced_where_one_of_two_written_columns_changed()
    {
        var (layout, page) = await OneRowAsync("old", """{"secret":"old"}""");
        await using var held = await Store.LockAsync(Moment, default);
        await Database.TryUpdateAsync(ContractTable.Simple, Id("1"), "options", """{"secret":"theirs"}""");
        var changes = new RowChanges(layout);
        changes.Set(0, Password, "new"u8);
        changes.Set(0, Options, """{"secret":"new"}"""u8);

        Assert.Equal([false], await Store.ReplaceAsync(page, changes, default));

        Assert.Equal("old", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
        AssertJson("""{"secret":"theirs"}""", await Database.ReadAsync(ContractTable.Simple, Id("1"), "options"));
    }

    [SkippableFact]
    public async Task A_JSON_column_is_not_replaced_where_another_member_changed()
    {
        var (_, page) = await OneRowAsync(null, """{"secret":"old","count":1}""");
        await using var held = await Store.LockAsync(Moment, default);
        await Database.TryUpdateAsync(ContractTable.Simple, Id("1"), "options", """{"secret":"old","count":2}""");

        Assert.False(await ReplaceAsync(page, Options, """{"secret":"new","count":1}"""));

        AssertJson("""{"secret":"old","count":2}""", await Database.ReadAsync(ContractTable.Simple, Id("1"), "options"));
    }

    [SkippableTheory]
    [InlineData("other", "theirs")]
    [InlineData("options", """{"secret":"theirs"}""")]
    public async Task A_column_that_is_not_written_keeps_its_change_and_the_row_is_replaced_then_or_when_it_is_read_again(
        string column, string theirs)
    {
        var (layout, page) = await OneRowAsync("old", """{"secret":"old"}""");
        await using var held = await Store.LockAsync(Moment, default);
        await Database.TryUpdateAsync(ContractTable.Simple, Id("1"), column, theirs);

        if (!await ReplaceAsync(page, Password, "new"))
        {
            Assert.Equal("old", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
            using var again = await ReadPageAsync(layout);
            Assert.True(await ReplaceAsync(again, Password, "new"));
        }

        Assert.Equal("new", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
        Assert.Equal(theirs.Replace(" ", "", StringComparison.Ordinal),
            (await Database.ReadAsync(ContractTable.Simple, Id("1"), column))!.Replace(" ", "", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(null, "theirs")]
    [InlineData("old", null)]
    [InlineData("", null)]
    [InlineData("old", "")]
    [InlineData("old", "OLD")]
    [InlineData("old", "old ")]
    [InlineData("é", "e\u0301")]
    public async Task Any_change_of_the_written_column_counts(string? old, string? theirs)
    {
        var (_, page) = await OneRowAsync(old, null);
        await using var held = await Store.LockAsync(Moment, default);
        await Database.TryUpdateAsync(ContractTable.Simple, Id("1"), "password", theirs);

        Assert.False(await ReplaceAsync(page, Password, "new"));

        Assert.Equal(theirs, await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
    }

    [SkippableTheory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Null_and_the_empty_string_can_be_replaced(string? old)
    {
        var (_, page) = await OneRowAsync(old, null);
        await using var held = await Store.LockAsync(Moment, default);

        Assert.True(await ReplaceAsync(page, Password, "new"));

        Assert.Equal("new", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
    }

    [SkippableFact]
    public async Task A_deleted_row_is_not_replaced_and_does_not_come_back()
    {
        var (layout, page) = await OneRowAsync("old", null);
        await using var held = await Store.LockAsync(Moment, default);
        await Database.DeleteAsync(ContractTable.Simple, Id("1"));

        Assert.False(await ReplaceAsync(page, Password, "new"));

        using var after = await ReadPageAsync(layout);
        Assert.Equal(0, after.Count);
    }

    [SkippableFact]
    public async Task A_row_that_was_deleted_and_inserted_again_with_another_value_is_not_replaced()
    {
        var (_, page) = await OneRowAsync("old", null);
        await using var held = await Store.LockAsync(Moment, default);
        await Database.DeleteAsync(ContractTable.Simple, Id("1"));
        await Database.InsertAsync(ContractTable.Simple, Id("1"), "theirs");

        Assert.False(await ReplaceAsync(page, Password, "new"));

        Assert.Equal("theirs", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
    }

    [SkippableFact]
    public async Task A_page_is_replaced_once()
    {
        var (_, page) = await OneRowAsync("old", null);
        await using var held = await Store.LockAsync(Moment, default);

        Assert.True(await ReplaceAsync(page, Password, "new"));
        Assert.False(await ReplaceAsync(page, Password, "newer"));

        Assert.Equal("new", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
    }

    [SkippableTheory]
    [MemberData(nameof(OddValues))]
    public async Task Odd_values_are_read_compared_and_written_as_they_are(string value)
    {
        var (layout, page) = await OneRowAsync(value, null);
        await using var held = await Store.LockAsync(Moment, default);
        Assert.Equal(value, Text(page, 0, Password));

        Assert.True(await ReplaceAsync(page, Password, value + value));

        Assert.Equal(value + value, await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
        using var after = await ReadPageAsync(layout);
        Assert.True(await ReplaceAsync(after, Password, value));
        Assert.Equal(value, await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
    }

    [SkippableFact]
    public async Task A_value_of_a_megabyte_is_replaced()
    {
        var large = string.Concat(Enumerable.Repeat("0123456789abcdé", 1 << 16));
        var (_, page) = await OneRowAsync(large, $$"""{"secret":"{{large}}"}""");
        await using var held = await Store.LockAsync(Moment, default);
        Assert.Equal(large, Text(page, 0, Password));
        var changes = new RowChanges(page.Layout);
        changes.Set(0, Password, Encoding.UTF8.GetBytes(large + "!"));
        changes.Set(0, Options, """{"secret":"small"}"""u8);

        Assert.Equal([true], await Store.ReplaceAsync(page, changes, default));

        Assert.Equal(large + "!", await Database.ReadAsync(ContractTable.Simple, Id("1"), "password"));
        AssertJson("""{"secret":"small"}""", await Database.ReadAsync(ContractTable.Simple, Id("1"), "options"));
    }

    [SkippableTheory]
    [MemberData(nameof(KeyShapes))]
    public async Task Each_row_is_found_again_by_its_key(string shape)
    {
        var table = TableKeyedBy(shape);
        var layout = await CreateAsync(table);
        var keys = KeysOf(table).ToList();
        await Database.InsertManyAsync(table, keys.Select(key => (key, new string?[] { "old" })));
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadPageAsync(layout);
        var changes = new RowChanges(layout);
        for (var row = 0; row < page.Count; row++)
            changes.Set(row, Password, Encoding.UTF8.GetBytes("new " + Comparable(page.Key(row))));

        Assert.All(await Store.ReplaceAsync(page, changes, default), Assert.True);

        foreach (var key in keys)
            Assert.Equal("new " + Comparable(key), await Database.ReadAsync(table, key, "password"));
    }

    [SkippableFact]
    public async Task The_row_of_a_single_row_table_is_replaced()
    {
        var table = ContractTable.KeyedBy();
        var layout = await CreateAsync(table);
        await Database.InsertAsync(table, RowKey.SingleRow, "old");
        await using var held = await Store.LockAsync(Moment, default);
        using var page = await ReadPageAsync(layout);

        Assert.True(await ReplaceAsync(page, Password, "new"));
        Assert.False(await ReplaceAsync(page, Password, "newer"));

        Assert.Equal("new", await Database.ReadAsync(table, RowKey.SingleRow, "password"));
    }

    private async Task<(TableLayout Layout, RowPage Page)> OneRowAsync(string? password, string? options)
    {
        var layout = await CreateAsync(ContractTable.Simple);
        await Database.InsertAsync(ContractTable.Simple, Id("1"), password, options);
        return (layout, await ReadPageAsync(layout));
    }

    /// <summary>The column as the walk writes it, with every secret replaced by <c>new</c>.</summary>
    private static byte[] Walk(RowPage page, int row, int column)
    {
        var rewritten = new ArrayBufferWriter<byte>();
        Assert.True(page.Layout.Columns[column].Walk(page.Column(row, column).Span, new ReplacingVisitor(_ => "new"), rewritten));
        return rewritten.WrittenSpan.ToArray();
    }
}
