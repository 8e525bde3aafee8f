using Npgsql;
using Xunit;

namespace PmmCrypt.Testing.Tests;

public sealed class PostgresTests
{
    [SkippableFact]
    public async Task Drops_a_database_that_has_sessions_and_prepared_transactions()
    {
        var server = PostgresServer.Require();
        var database = await server.CreateDatabaseAsync();
        await using var session = await database.OpenAsync();
        await database.ExecuteAsync("CREATE TABLE t (i int)");
        await using (var prepared = await database.OpenAsync())
        await using (var command = new NpgsqlCommand($"BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '{database.Name}'", prepared))
            await command.ExecuteNonQueryAsync();

        await database.DisposeAsync();

        await using var postgres = await server.CreateDatabaseAsync();
        Assert.False(await postgres.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database.Name));
    }

    [SkippableFact]
    public async Task A_private_cluster_recovers_from_a_crash()
    {
        await using var cluster = await PrivateCluster.StartAsync(durable: true, "max_connections=20");
        await using var database = await cluster.Server.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE t AS SELECT 42 AS i");

        await cluster.StopAsync(immediate: true);
        await Assert.ThrowsAnyAsync<NpgsqlException>(database.OpenAsync);
        await cluster.StartAgainAsync();

        Assert.Equal(42, await database.ScalarAsync<int>("SELECT i FROM t"));
        Assert.Equal("20", await database.ScalarAsync<string>("SHOW max_connections"));
        Assert.Equal("on", await database.ScalarAsync<string>("SHOW fsync"));
        Assert.Equal("logical", await database.ScalarAsync<string>("SHOW wal_level"));
    }
}
