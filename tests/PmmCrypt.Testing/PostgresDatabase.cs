using Npgsql;

namespace PmmCrypt.Testing;

/// <summary>A database of a test's own. Its connections are not pooled, so that none outlives the statement that opened it.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly PostgresServer _server;

    internal PostgresDatabase(PostgresServer server, string name)
    {
        _server = server;
        Name = name;
        ConnectionString = PostgresServer.Unpooled(server.ConnectionString, name);
        PlainConnectionString = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>The database's name.</summary>
    public string Name { get; }

    /// <summary>The superuser's connection to it, unpooled.</summary>
    public string ConnectionString { get; }

    /// <summary>The same as a user writes it, for a process that is tested or measured: pooling and timeouts are its choice.</summary>
    public string PlainConnectionString { get; }

    /// <summary>The same for another role, whom the server lets in without a password.</summary>
    public string ConnectionStringFor(string role) =>
        new NpgsqlConnectionStringBuilder(PlainConnectionString) { Username = role }.ConnectionString;

    /// <summary>A connection that the caller closes.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Runs statements and returns how many rows they changed. Parameters are $1, $2, …</summary>
    public async Task<int> ExecuteAsync(string sql, params object[] parameters)
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of the first row; default where there is no row or it is NULL.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var connection = await OpenAsync();
        await using var command = Command(connection, sql, parameters);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await RollBackPreparedAsync();
        await _server.ExecuteAsync($"DROP DATABASE IF EXISTS {PostgresServer.Quote(Name)} WITH (FORCE)");
    }

    /// <summary>A prepared transaction survives its session, and the server drops no database that has one.</summary>
    private async Task RollBackPreparedAsync()
    {
        var gids = await ScalarAsync<string[]>("SELECT array_agg(gid) FROM pg_prepared_xacts WHERE database = current_database()");
        foreach (var gid in gids ?? [])
            await ExecuteAsync($"ROLLBACK PREPARED '{gid.Replace("'", "''", StringComparison.Ordinal)}'");
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in parameters) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }
}
