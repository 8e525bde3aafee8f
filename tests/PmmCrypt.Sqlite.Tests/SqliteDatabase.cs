using System.Data.Common;
using Microsoft.Data.Sqlite;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Contract;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Sqlite.Tests;

/// <summary>An empty database file in a folder of its own.</summary>
internal sealed class SqliteDatabase : ContractDatabase
{
    private const string Name = "service.db";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pmm-crypt-");

    private SqliteDatabase()
    {
    }

    public string Folder => _folder.FullName;

    public string FilePath => Path.Combine(_folder.FullName, Name);

    protected override string JsonType => "text";

    public static async Task<SqliteDatabase> CreateAsync(params string[] pragmas)
    {
        var database = new SqliteDatabase();
        await using var connection = new SqliteConnection($"Data Source={database.FilePath};Pooling=False");
        await connection.OpenAsync();
        foreach (var pragma in pragmas)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = pragma;
            await command.ExecuteNonQueryAsync();
        }

        return database;
    }

    public override async Task<IRotationStore> OpenStoreAsync() =>
        await SqliteRotationStore.OpenAsync(FilePath, new SqliteStoreOptions { BusyTimeout = TimeSpan.FromSeconds(2) }, default);

    public override async Task<DbConnection> ConnectAsync()
    {
        // The shortest that the provider can wait: 0 would be for ever.
        var connection = new SqliteConnection($"Data Source={FilePath};Pooling=False;Default Timeout=1;Mode=ReadWrite");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>The value that a statement gives.</summary>
    public async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync();
    }

    public override ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    protected override string KeyType(KeyColumnType type) => type switch
    {
        KeyColumnType.Text or KeyColumnType.Guid => "text",
        KeyColumnType.Integer => "integer",
        KeyColumnType.Boolean => "boolean",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    // As people write them; the provider's own spelling is in capitals.
    protected override object KeyParameter(object value) => value is Guid guid ? guid.ToString() : value;

    protected override bool IsLockedOut(DbException failure) => failure is SqliteException { SqliteErrorCode: 5 or 6 };
}
