using System.Data.Common;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Contract;

/// <summary>An empty database for one test: a store of it, and a second session that knows nothing of the store.</summary>
public abstract class ContractDatabase : IAsyncDisposable
{
    /// <summary>Opens a store of it. The test disposes it.</summary>
    public abstract Task<IRotationStore> OpenStoreAsync();

    /// <summary>Connects a session of its own, which waits for another's lock for a moment only. The caller disposes it.</summary>
    public abstract Task<DbConnection> ConnectAsync();

    /// <summary>The column type for a key column, such as <c>uuid</c>.</summary>
    protected abstract string KeyType(KeyColumnType type);

    /// <summary>The column type for JSON.</summary>
    protected abstract string JsonType { get; }

    /// <summary>The column type for text.</summary>
    protected virtual string TextType => "text";

    /// <summary>The value of a key column as a parameter takes it: a string, Guid, long or bool comes in.</summary>
    protected virtual object KeyParameter(object value) => value;

    /// <summary>Whether a statement failed because another session holds a lock.</summary>
    protected abstract bool IsLockedOut(DbException failure);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Makes the table.</summary>
    public async Task CreateAsync(ContractTable table)
    {
        var columns = table.Keys.Select(key => $"{Quote(key.Name)} {KeyType(key.Type)} NOT NULL")
            .Concat(table.Texts.Append(ContractTable.Other).Select(text => $"{Quote(text)} {TextType}"))
            .Concat(table.Jsons.Select(json => $"{Quote(json)} {JsonType}"));
        if (table.Keys.Count > 0)
            columns = columns.Append($"PRIMARY KEY ({string.Join(", ", table.Keys.Select(key => Quote(key.Name)))})");
        await ExecuteAsync($"CREATE TABLE {Quote(table.Name)} ({string.Join(", ", columns)})");
    }

    /// <summary>Inserts a row.</summary>
    /// <param name="table">The table.</param>
    /// <param name="key">The values of its key columns.</param>
    /// <param name="values">
    /// The values of its encrypted columns, in the order of <see cref="ContractTable.Encrypted"/>; those left out are NULL.
    /// </param>
    public Task InsertAsync(ContractTable table, RowKey key, params string?[] values) => InsertManyAsync(table, [(key, values)]);

    /// <summary>Inserts rows, in one transaction.</summary>
    public async Task InsertManyAsync(ContractTable table, IEnumerable<(RowKey Key, string?[] Values)> rows)
    {
        await using var session = await ConnectAsync();
        await using var transaction = await session.BeginTransactionAsync();
        foreach (var (key, values) in rows)
        {
            await using var command = session.CreateCommand();
            command.Transaction = transaction;
            var columns = table.Keys.Select(column => column.Name).Concat(table.Encrypted.Take(values.Length)).ToList();
            var parameters = key.Values.Select(value => AddParameter(command, KeyParameter(value)))
                .Concat(values.Zip(table.Encrypted, (value, column) => Cast(table, column, AddParameter(command, value))));
            command.CommandText =
                $"INSERT INTO {Quote(table.Name)} ({string.Join(", ", columns.Select(Quote))}) VALUES ({string.Join(", ", parameters)})";
            await command.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
    }

    /// <summary>Sets a column of a row. False where another session's lock keeps it from being set.</summary>
    public async Task<bool> TryUpdateAsync(ContractTable table, RowKey key, string column, string? value)
    {
        await using var session = await ConnectAsync();
        await using var command = session.CreateCommand();
        var set = $"{Quote(column)} = {Cast(table, column, AddParameter(command, value))}";
        command.CommandText = $"UPDATE {Quote(table.Name)} SET {set} WHERE {Where(command, table, key)}";
        try
        {
            return await command.ExecuteNonQueryAsync() == 1 ? true : throw new InvalidOperationException("No such row.");
        }
        catch (DbException error) when (IsLockedOut(error))
        {
            return false;
        }
    }

    /// <summary>Deletes a row.</summary>
    public async Task DeleteAsync(ContractTable table, RowKey key)
    {
        await using var session = await ConnectAsync();
        await using var command = session.CreateCommand();
        command.CommandText = $"DELETE FROM {Quote(table.Name)} WHERE {Where(command, table, key)}";
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A column of a row, as text.</summary>
    public async Task<string?> ReadAsync(ContractTable table, RowKey key, string column)
    {
        await using var session = await ConnectAsync();
        await using var command = session.CreateCommand();
        command.CommandText = $"SELECT {Quote(column)} FROM {Quote(table.Name)} WHERE {Where(command, table, key)}";
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync(), "No such row.");
        return await reader.IsDBNullAsync(0) ? null : reader.GetString(0);
    }

    /// <summary>Runs a statement in a session of its own.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var session = await ConnectAsync();
        await using var command = session.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private string Cast(ContractTable table, string column, string parameter) =>
        table.Jsons.Contains(column) ? $"CAST({parameter} AS {JsonType})" : parameter;

    private string Where(DbCommand command, ContractTable table, RowKey key) => table.Keys.Count == 0
        ? "1 = 1"
        : string.Join(" AND ", table.Keys.Zip(
            key.Values, (column, value) => $"{Quote(column.Name)} = {AddParameter(command, KeyParameter(value))}"));

    private static string AddParameter(DbCommand command, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = $"@p{command.Parameters.Count}";
        parameter.Value = value ?? DBNull.Value;
        if (value is null)
            parameter.DbType = System.Data.DbType.String;
        command.Parameters.Add(parameter);
        return parameter.ParameterName;
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
