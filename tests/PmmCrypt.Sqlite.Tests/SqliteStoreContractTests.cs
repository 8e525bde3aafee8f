using PmmCrypt.Rotation.Contract;

namespace PmmCrypt.Sqlite.Tests;

/// <summary>The contract where readers and the writer share the file: a rollback journal, SQLite's default.</summary>
public sealed class RollbackJournalContractTests : RotationStoreContract
{
    protected override async Task<ContractDatabase> CreateDatabaseAsync() =>
        await SqliteDatabase.CreateAsync("PRAGMA journal_mode = DELETE");
}

/// <summary>The contract where readers do not see the writer: a write-ahead log.</summary>
public sealed class WriteAheadLogContractTests : RotationStoreContract
{
    protected override async Task<ContractDatabase> CreateDatabaseAsync() =>
        await SqliteDatabase.CreateAsync("PRAGMA journal_mode = WAL");
}

/// <summary>The contract where every text is converted on its way: a file in UTF-16.</summary>
[Trait("Category", "Slow")]
public sealed class Utf16ContractTests : RotationStoreContract
{
    // The encoding is written with the first table, and would be forgotten with this connection before that.
    protected override async Task<ContractDatabase> CreateDatabaseAsync() =>
        await SqliteDatabase.CreateAsync("PRAGMA encoding = 'UTF-16'", "CREATE TABLE first (n)", "PRAGMA journal_mode = WAL");

    [Fact]
    public async Task The_file_is_in_UTF_16() =>
        Assert.StartsWith("UTF-16", (string)(await ((SqliteDatabase)Database).ScalarAsync("PRAGMA encoding"))!, StringComparison.Ordinal);
}
