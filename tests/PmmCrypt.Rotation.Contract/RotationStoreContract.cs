using System.Text;
using System.Text.Json.Nodes;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <summary>What every store must do. Each file of this class is one promise; a store's test project has a subclass.</summary>
public abstract partial class RotationStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    private ContractDatabase? _database;
    private IRotationStore? _store;

    /// <summary>The test's database.</summary>
    protected ContractDatabase Database => _database!;

    /// <summary>The test's store of it.</summary>
    protected IRotationStore Store => _store!;

    /// <summary>
    /// Makes an empty database. Where that takes a server and there is none, it skips the test on a laptop and fails it where CI=true.
    /// </summary>
    protected abstract Task<ContractDatabase> CreateDatabaseAsync();

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        _database = await CreateDatabaseAsync();
        _store = await _database.OpenStoreAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_store is not null)
            await _store.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    /// <summary>The key of a row of <see cref="ContractTable.Simple"/>.</summary>
    protected static RowKey Id(string id) => new(id);

    /// <summary>The table with a key of these types, such as <c>text+integer</c>.</summary>
    protected static ContractTable TableKeyedBy(string shape) =>
        ContractTable.KeyedBy([.. shape.Split('+').Select((type, i) => new KeyColumn($"Key {i}", Enum.Parse<KeyColumnType>(type, true)))]);

    /// <summary>The table as the store finds it.</summary>
    protected async Task<TableLayout> DescribeAsync(ContractTable table) =>
        Assert.Single(await Store.DescribeAsync(new EncryptionModel("test", [table.ToMetadata()]), default));

    /// <summary>Makes the table, and gives the store's view of it.</summary>
    protected async Task<TableLayout> CreateAsync(ContractTable table)
    {
        await Database.CreateAsync(table);
        return await DescribeAsync(table);
    }

    /// <summary>All pages of a table, in order; the caller disposes them.</summary>
    protected async Task<List<RowPage>> ReadPagesAsync(TableLayout layout, PageSize size)
    {
        var pages = new List<RowPage>();
        PagePosition? from = null;
        do
        {
            var page = await Store.ReadPageAsync(layout, from, size, null, default);
            pages.Add(page);
            from = page.Next;
            Assert.True(page.Count > 0 || page.IsLast, "An empty page that is not the last.");
            Assert.True(pages.Count < 1000, "The pages do not come to an end.");
        }
        while (!pages[^1].IsLast);
        return pages;
    }

    /// <summary>The first page, which in these tests is the whole table.</summary>
    protected Task<RowPage> ReadPageAsync(TableLayout layout) =>
        Store.ReadPageAsync(layout, null, new PageSize(1000, 16 << 20), null, default);

    /// <summary>Replaces one column of the page's only row.</summary>
    protected async Task<bool> ReplaceAsync(RowPage page, int column, string value)
    {
        Assert.Equal(1, page.Count);
        var changes = new RowChanges(page.Layout);
        changes.Set(0, column, Encoding.UTF8.GetBytes(value));
        return Assert.Single(await Store.ReplaceAsync(page, changes, default));
    }

    /// <summary>A column of a row of a page; null for SQL NULL.</summary>
    protected static string? Text(RowPage page, int row, int column) =>
        page.IsNull(row, column) ? null : Encoding.UTF8.GetString(page.Column(row, column).Span);

    /// <summary>Two JSON documents say the same: a database may space and order them its own way.</summary>
    protected static void AssertJson(string expected, string? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual!)), $"{actual} is not {expected}");

    /// <summary>A key as people compare them: a Guid's spelling is the database's affair.</summary>
    protected static string Comparable(RowKey key) => key.ToString().ToUpperInvariant();
}
