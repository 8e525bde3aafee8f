using System.Data.Common;
using Npgsql;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Contract;
using PmmCrypt.Rotation.Stores;
using PmmCrypt.Testing;

namespace PmmCrypt.PostgreSql.Tests;

/// <summary>An empty database of the test run's server. Without a server the test is skipped, and in CI it fails.</summary>
internal sealed class PostgresContractDatabase(PostgresDatabase database, string jsonType, string textType) : ContractDatabase
{
    public PostgresDatabase Database { get; } = database;

    protected override string JsonType => jsonType;

    protected override string TextType => textType;

    public static async Task<PostgresContractDatabase> CreateAsync(string jsonType, string textType) =>
        new(await PostgresServer.Require().CreateDatabaseAsync(), jsonType, textType);

    public override async Task<IRotationStore> OpenStoreAsync() =>
        await PostgresRotationStore.OpenAsync(new PostgresTarget(Database.PlainConnectionString), default);

    public override async Task<DbConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(Database.ConnectionString) { Options = "-c lock_timeout=1000" }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public override ValueTask DisposeAsync() => Database.DisposeAsync();

    protected override string KeyType(KeyColumnType type) => type switch
    {
        KeyColumnType.Text => "varchar",
        KeyColumnType.Guid => "uuid",
        KeyColumnType.Integer => "bigint",
        KeyColumnType.Boolean => "boolean",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    protected override bool IsLockedOut(DbException failure) =>
        failure is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable };
}
