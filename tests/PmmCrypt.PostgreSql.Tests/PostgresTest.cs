using System.Text;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Testing;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>A test with a database of its own on the test run's server, and a store of it.</summary>
public abstract class PostgresTest : IAsyncLifetime
{
    /// <summary>A time in which what is not blocked has long happened.</summary>
    protected static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    private protected PostgresDatabase Database { get; private set; } = null!;

    private protected PostgresRotationStore Store { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Database = await PostgresServer.Require().CreateDatabaseAsync();
        Store = await OpenAsync();
    }

    public async Task DisposeAsync()
    {
        if (Store is not null)
            await Store.DisposeAsync();
        if (Database is not null)
            await Database.DisposeAsync();
    }

    private protected Task<PostgresRotationStore> OpenAsync(string? role = null) =>
        PostgresRotationStore.OpenAsync(
            new PostgresTarget(role is null ? Database.PlainConnectionString : Database.ConnectionStringFor(role)), default);

    /// <summary>A role that the test's server lets in; it is dropped with the test's database, unless something else is its.</summary>
    private protected async Task<string> CreateRoleAsync(string options = "")
    {
        var role = $"role_{Guid.NewGuid():N}";
        await Database.ExecuteAsync($"CREATE ROLE {role} LOGIN {options}");
        return role;
    }

    /// <summary>A table with the columns id, password and options.</summary>
    private protected static EncryptedTable Table(
        string name = "t", string? schema = null, KeyColumnType key = KeyColumnType.Text, string keyName = "id") => new(
        schema,
        name,
        [new KeyColumn(keyName, key)],
        [
            EncryptedColumn.Text(new EncryptedField("password", StoredFormats.All)),
            EncryptedColumn.Json("options", (ref JsonSplice json) => { while (json.NextMember()) json.Skip(); },
            new EncryptedField("options", StoredFormats.All, "secret")),
        ]);

    private protected async Task<TableLayout> DescribeAsync(EncryptedTable table, PostgresRotationStore? store = null) =>
        Assert.Single(await (store ?? Store).DescribeAsync(new EncryptionModel("test", [table]), default));

    /// <summary>Makes a table t with rows '1' to 'n', each with password 'old', and describes it.</summary>
    private protected async Task<TableLayout> CreateAsync(
        int rows, string id = "text PRIMARY KEY", string password = "text", string more = "")
    {
        await Database.ExecuteAsync($"CREATE TABLE t (id {id}, password {password}, options jsonb, other text{more})");
        await Database.ExecuteAsync(
            $$"""INSERT INTO t (id, password, options) SELECT n::text, 'old', '{"secret": "old", "n": 1}' """
            + $"FROM generate_series(1, {rows}) n");
        return await DescribeAsync(Table());
    }

    /// <summary>The same table in two partitions, which has no heap of its own.</summary>
    private protected async Task<TableLayout> CreatePartitionedAsync(int rows)
    {
        await Database.ExecuteAsync(
            $"""
            CREATE TABLE t (id text PRIMARY KEY, password text, options jsonb) PARTITION BY HASH (id);
            CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            INSERT INTO t SELECT n::text, 'old' FROM generate_series(1, {rows}) n
            """);
        return await DescribeAsync(Table());
    }

    private protected Task<RowPage> ReadAsync(TableLayout layout) => Store.ReadPageAsync(layout, null, PageSize.Default, null, default);

    /// <summary>Replaces the password of every row of a page.</summary>
    private protected Task<IReadOnlyList<bool>> ReplaceAsync(RowPage page, string value = "new", PostgresRotationStore? store = null)
    {
        var changes = new RowChanges(page.Layout);
        for (var row = 0; row < page.Count; row++)
            changes.Set(row, 0, Encoding.UTF8.GetBytes(value));
        return (store ?? Store).ReplaceAsync(page, changes, default);
    }

    /// <summary>Waits until a session waits for a table, or until none does any more.</summary>
    private protected Task WaitForTableWaiterAsync(bool waits) => WaitAsync(
        $"SELECT {(waits ? "" : "NOT ")}EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        + "WHERE d.datname = current_database() AND l.locktype = 'relation' AND NOT l.granted)");

    /// <summary>Waits until a session of this database waits for an advisory lock: a test's barrier.</summary>
    private protected Task WaitForAdvisoryWaiterAsync() => WaitAsync(
        "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
        + "WHERE l.locktype = 'advisory' AND NOT l.granted AND a.datname = current_database())");

    private async Task WaitAsync(string condition)
    {
        for (var i = 0; !await Database.ScalarAsync<bool>(condition); i++)
        {
            Assert.True(i < 3000, $"This did not come to be so: {condition}");
            await Task.Delay(20);
        }
    }

    private protected Task<string?> PasswordAsync(string id) =>
        Database.ScalarAsync<string>("SELECT password FROM t WHERE id::text = $1", id);
}
