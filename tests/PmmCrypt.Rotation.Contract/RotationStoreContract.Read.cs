using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <content>Pages cover every row exactly once, and no page is larger than was asked for.</content>
public abstract partial class RotationStoreContract
{
    /// <summary>Keys of every type, singly and together, under names that need quoting.</summary>
    public static TheoryData<string> KeyShapes =>
        ["text", "guid", "integer", "boolean", "text+integer", "guid+boolean", "integer+text+guid"];

    /// <summary>Names that a statement must quote.</summary>
    public static TheoryData<string> OddNames =>
        ["group", "My Column", "it's", "a\"b", "größe 🔑", "select", "semi;colon", "dot.ted", "%s $1 ?1 @p0"];

    [SkippableTheory]
    [MemberData(nameof(KeyShapes))]
    public async Task Pages_cover_every_row_once(string shape)
    {
        var table = TableKeyedBy(shape);
        var layout = await CreateAsync(table);
        var keys = KeysOf(table).OrderBy(_ => Guid.NewGuid()).ToList();
        await Database.InsertManyAsync(table, keys.Select(key => (key, new string?[] { "value of " + Comparable(key) })));

        foreach (var rows in new[] { 1, 3, keys.Count, keys.Count + 1 })
        {
            var pages = await ReadPagesAsync(layout, new PageSize(rows, int.MaxValue));

            var read = pages.SelectMany(RowsOf).ToList();
            Assert.Equal(
                keys.Select(Comparable).Order(StringComparer.Ordinal),
                read.Select(row => Comparable(row.Key)).Order(StringComparer.Ordinal));
            Assert.All(read, row => Assert.Equal("value of " + Comparable(row.Key), row.Value));
            Assert.All(pages, page => Assert.InRange(page.Count, 0, rows));
            Assert.All(pages.SkipLast(1), page => Assert.False(page.IsLast));
            pages.ForEach(page => page.Dispose());
        }
    }

    [SkippableTheory]
    [MemberData(nameof(OddNames))]
    public async Task Odd_names_and_odd_keys_are_read_and_replaced(string name)
    {
        var table = new ContractTable("table " + name, [new KeyColumn(name, KeyColumnType.Text)], ["text " + name], ["json " + name]);
        var layout = await CreateAsync(table);
        await Database.InsertAsync(table, Id(name), "old", """{"secret":"old"}""");
        await Database.InsertAsync(table, Id(name + "\\'\"\n"), "old", """{"secret":"old"}""");
        Assert.Empty((await Store.ProbeAsync([layout], default)).Obstacles);
        await using var held = await Store.LockAsync(Moment, default);

        var pages = await ReadPagesAsync(layout, new PageSize(1, int.MaxValue));

        foreach (var page in pages.Where(page => page.Count > 0))
            Assert.True(await ReplaceAsync(page, 0, "new"));
        Assert.Equal("new", await Database.ReadAsync(table, Id(name), "text " + name));
        Assert.Equal("new", await Database.ReadAsync(table, Id(name + "\\'\"\n"), "text " + name));
    }

    [SkippableFact]
    public async Task A_page_ends_with_the_row_that_passes_its_bytes()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        for (var i = 0; i < 5; i++)
            await Database.InsertAsync(ContractTable.Simple, Id($"{i}"), new string('x', 100));

        var pages = (await ReadPagesAsync(layout, new PageSize(1000, 150))).Where(page => page.Count > 0).ToList();

        Assert.Equal([2, 2, 1], pages.Select(page => page.Count));
        Assert.Equal([200, 200, 100], pages.Select(page => page.ByteCount));
    }

    [SkippableFact]
    public async Task An_empty_table_is_one_empty_last_page()
    {
        var page = Assert.Single(await ReadPagesAsync(await CreateAsync(ContractTable.Simple), PageSize.Default));

        Assert.Equal(0, page.Count);
        Assert.True(page.IsLast);
    }

    [SkippableFact]
    public async Task The_row_of_a_single_row_table_is_read_once()
    {
        var table = ContractTable.KeyedBy();
        var layout = await CreateAsync(table);
        await Database.InsertAsync(table, RowKey.SingleRow, "a");

        var pages = await ReadPagesAsync(layout, new PageSize(1, 1));

        Assert.Equal(1, pages.Sum(page => page.Count));
        Assert.Equal(RowKey.SingleRow, pages[0].Key(0));
        Assert.Equal("a", Text(pages[0], 0, 0));
    }

    [SkippableFact]
    public async Task Null_and_the_empty_string_are_told_apart()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        await Database.InsertAsync(ContractTable.Simple, Id("1"), "", null);
        await Database.InsertAsync(ContractTable.Simple, Id("2"), null, "{}");

        using var page = await ReadPageAsync(layout);

        Assert.Equal(("", null), (Text(page, 0, 0), Text(page, 0, 1)));
        Assert.Equal((null, "{}"), (Text(page, 1, 0), Text(page, 1, 1)));
    }

    [SkippableFact]
    public async Task The_values_of_a_page_last_until_it_is_disposed()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        for (var i = 0; i < 4; i++)
            await Database.InsertAsync(ContractTable.Simple, Id($"{i}"), new string((char)('a' + i), 100_000));

        var pages = await ReadPagesAsync(layout, new PageSize(1, int.MaxValue));
        await foreach (var page in Store.ReadSnapshotAsync([layout], new PageSize(1, int.MaxValue), default))
            pages.Add(page);

        var values = pages.Where(page => page.Count > 0).Select(page => Text(page, 0, 0)!).ToList();
        Assert.Equal(8, values.Count);
        Assert.All(values, value => Assert.Equal(new string(value[0], 100_000), value));
        Assert.Equal("aabbccdd", string.Concat(values.Select(value => value[0]).Order()));
    }

    [SkippableFact]
    public async Task A_snapshot_reads_every_row_of_every_table_as_of_one_moment()
    {
        var (first, second) = (ContractTable.Simple, ContractTable.Simple with { Name = "u" });
        var layouts = new[] { await CreateAsync(first), await CreateAsync(second), await DescribeAsync(first with { Name = "absent" }) };
        for (var i = 0; i < 5; i++)
        {
            await Database.InsertAsync(first, Id($"{i}"), "before");
            await Database.InsertAsync(second, Id($"{i}"), "before");
        }

        var read = new List<(string Table, string Key, string? Value)>();
        var begun = new List<string>();
        var written = 0;
        await foreach (var page in Store.ReadSnapshotAsync(layouts, new PageSize(2, int.MaxValue), default))
        {
            using (page)
            {
                read.AddRange(RowsOf(page).Select(row => (page.Layout.Table.Name, row.Key.ToString(), row.Value)));
                if (!begun.Contains(page.Layout.Table.Name))
                    begun.Add(page.Layout.Table.Name);
            }

            // A database that shuts writers out for the time of a snapshot keeps the promise too.
            if (written++ < 2 && await Database.TryUpdateAsync(first, Id("4"), "password", "after"))
                await Database.TryUpdateAsync(second, Id("4"), "password", "after");
        }

        Assert.True(written >= 2);
        Assert.Equal(10, read.Distinct().Count());
        Assert.Equal(10, read.Count);
        Assert.All(read, row => Assert.Equal("before", row.Value));
        Assert.Equal(["t", "u"], begun);
        Assert.True(await Database.TryUpdateAsync(first, Id("4"), "password", "after"), "A snapshot that has ended shuts a writer out.");
    }

    [SkippableFact]
    public async Task A_snapshot_that_is_left_early_holds_nothing()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        for (var i = 0; i < 3; i++)
            await Database.InsertAsync(ContractTable.Simple, Id($"{i}"), "a");

        await foreach (var page in Store.ReadSnapshotAsync([layout], new PageSize(1, int.MaxValue), default))
        {
            page.Dispose();
            break;
        }

        Assert.True(await Database.TryUpdateAsync(ContractTable.Simple, Id("2"), "password", "b"));
    }

    [SkippableFact]
    public async Task Reading_stops_when_it_is_told_to()
    {
        var layout = await CreateAsync(ContractTable.Simple);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Store.ReadPageAsync(layout, null, PageSize.Default, null, stop.Token));
    }

    /// <summary>The rows of a page: the key, and the value of the first column.</summary>
    private static IEnumerable<(RowKey Key, string? Value)> RowsOf(RowPage page) =>
        Enumerable.Range(0, page.Count).Select(row => (page.Key(row), Text(page, row, 0)));

    /// <summary>Some rows' keys: all combinations of a few values of each type.</summary>
    private static IEnumerable<RowKey> KeysOf(ContractTable table)
    {
        IEnumerable<object[]> keys = [[]];
        foreach (var column in table.Keys)
            keys = keys.SelectMany(_ => ValuesOf(column.Type), (key, value) => (object[])[.. key, value]).ToList();
        return keys.Select(key => new RowKey(key));
    }

    private static object[] ValuesOf(KeyColumnType type) => type switch
    {
        KeyColumnType.Text => ["", "a", "B", "b c", "zeta", "ä", "🔑", "10", "9"],
        KeyColumnType.Guid => [Guid.Empty, .. Enumerable.Range(0, 5).Select(_ => (object)Guid.NewGuid())],
        KeyColumnType.Integer => [long.MinValue, -1L, 0L, 2L, 10L, long.MaxValue],
        KeyColumnType.Boolean => [false, true],
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
