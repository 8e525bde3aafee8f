using System.Text;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Contract;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite.Tests;

/// <summary>A test of what only SQLite has: an empty file, and a store of it.</summary>
public abstract class SqliteTest : IAsyncLifetime
{
    internal SqliteDatabase Database { get; private set; } = null!;

    protected IRotationStore Store { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await SqliteDatabase.CreateAsync();
        Store = await Database.OpenStoreAsync();
    }

    public async Task DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
    }

    /// <summary>The layout of table t, made by this statement, with its key <c>id</c> and its encrypted column <c>password</c>.</summary>
    protected async Task<TableLayout> CreateAsync(string sql, params KeyColumn[] keys)
    {
        await Database.ExecuteAsync(sql);
        return await DescribeAsync(keys.Length == 0 ? [new KeyColumn("id", KeyColumnType.Text)] : keys);
    }

    protected async Task<TableLayout> DescribeAsync(params KeyColumn[] keys) => Assert.Single(
        await Store.DescribeAsync(
            new EncryptionModel("test", [new ContractTable("t", keys, ["password"], []).ToMetadata()]), default));

    protected Task<RowPage> ReadAsync(TableLayout layout) => Store.ReadPageAsync(layout, null, PageSize.Default, null, default);

    /// <summary>The keys of all pages of one row each.</summary>
    protected async Task<List<string>> KeysAsync(TableLayout layout)
    {
        var keys = new List<string>();
        PagePosition? from = null;
        while (true)
        {
            using var page = await Store.ReadPageAsync(layout, from, new PageSize(1, int.MaxValue), null, default);
            if (page.Count > 0)
                keys.Add(page.Key(0).ToString());
            if ((from = page.Next) is null)
                return keys;
            Assert.True(keys.Count < 1000, "The pages do not come to an end.");
        }
    }

    /// <summary>Replaces the password of every row.</summary>
    protected async Task<IReadOnlyList<bool>> ReplaceAllAsync(RowPage page, string value)
    {
        var changes = new RowChanges(page.Layout);
        for (var row = 0; row < page.Count; row++)
            changes.Set(row, 0, Encoding.UTF8.GetBytes(value));
        return await Store.ReplaceAsync(page, changes, default);
    }
}
