using System.Data;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// The store's three connections: one that holds the lock, one that reads, one that writes. Settings are made for each transaction and not
/// for the session, so that a pooler in transaction mode between here and the server does no harm.
/// </summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    /// <summary>How this tool's sessions call themselves.</summary>
    public const string ApplicationName = "pmm-crypt";

    /// <summary>
    /// No timeout of the server's configuration may end a transaction of ours halfway, and rows that row security hides are an error
    /// instead of rows that are silently left behind.
    /// </summary>
    private const string Settings =
        """
        SELECT set_config('row_security', 'off', true), set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true),
               set_config('idle_in_transaction_session_timeout', '0', true),
               CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL THEN set_config('transaction_timeout', '0', true) END
        """;

    /// <summary>
    /// A commit that was reported must be on disk: raised where it is lower, left where it is higher. And a page's values must not go
    /// through the server's temporary files: they would be slow, and one more place where what is in the clear could stay.
    /// </summary>
    private const string ForWriting =
        """
        SELECT CASE WHEN current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')
                    THEN set_config('synchronous_commit', 'on', true) END,
               CASE WHEN pg_size_bytes(current_setting('work_mem')) < 67108864 THEN set_config('work_mem', '64MB', true) END
        """;

    private readonly NpgsqlDataSource _source;

    private PostgresConnections(NpgsqlDataSource source, string displayName)
    {
        _source = source;
        DisplayName = displayName;
    }

    public string DisplayName { get; }

    public NpgsqlConnection Lock { get; private set; } = null!;

    public NpgsqlConnection Reader { get; private set; } = null!;

    public NpgsqlConnection Writer { get; private set; } = null!;

    public static async Task<PostgresConnections> OpenAsync(PostgresTarget target, CancellationToken cancellation)
    {
        var connections = new PostgresConnections(target.Build(), target.DisplayName);
        try
        {
            connections.Writer = await connections.OpenAsync(cancellation).ConfigureAwait(false);
            connections.Reader = await connections.OpenAsync(cancellation).ConfigureAwait(false);
            connections.Lock = await connections.OpenAsync(cancellation).ConfigureAwait(false);
            return connections;
        }
        catch
        {
            await connections.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Begins a transaction with this tool's settings.</summary>
    public static async Task<NpgsqlTransaction> BeginAsync(
        NpgsqlConnection connection, IsolationLevel isolation, bool forWriting, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(isolation, cancellation).ConfigureAwait(false);
        await using var batch = Settle(connection, transaction, forWriting);
        await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        return transaction;
    }

    /// <summary>Runs statements behind this tool's settings, in one round trip, and returns the reader of the first one's result.</summary>
    /// <param name="transaction">A transaction that has just begun, with nothing sent yet.</param>
    /// <param name="forWriting">Whether it writes.</param>
    /// <param name="behavior">How the reader reads.</param>
    /// <param name="statements">The statements.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<NpgsqlDataReader> ExecuteAsync(
        NpgsqlTransaction transaction, bool forWriting, CommandBehavior behavior, IEnumerable<NpgsqlBatchCommand> statements,
        CancellationToken cancellation)
    {
        // The reader that is returned keeps what it needs of the batch.
        await using var batch = Settle(transaction.Connection!, transaction, forWriting);
        var settings = batch.BatchCommands.Count;
        foreach (var statement in statements)
            batch.BatchCommands.Add(statement);
        var reader = await batch.ExecuteReaderAsync(behavior, cancellation).ConfigureAwait(false);
        try
        {
            for (var i = 0; i < settings; i++)
                await reader.NextResultAsync(cancellation).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static NpgsqlBatch Settle(NpgsqlConnection connection, NpgsqlTransaction transaction, bool forWriting)
    {
        var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Settings));
        if (forWriting)
            batch.BatchCommands.Add(new NpgsqlBatchCommand(ForWriting));
        return batch;
    }

    /// <summary>Runs an operation, and turns what the provider throws into what the store throws.</summary>
    public async Task<T> TryAsync<T>(Func<Task<T>> operation)
    {
        try
        {
            return await operation().ConfigureAwait(false);
        }
        catch (Exception e) when (IsProviders(e))
        {
            throw PostgresErrors.Translate(e, DisplayName);
        }
    }

    /// <inheritdoc cref="TryAsync{T}"/>
    public Task TryAsync(Func<Task> operation) => TryAsync(async () =>
    {
        await operation().ConfigureAwait(false);
        return true;
    });

    /// <summary>Whether an exception comes from the provider, or from a connection that broke beneath it.</summary>
    public static bool IsProviders(Exception e) =>
        e is NpgsqlException or TimeoutException or IOException or ObjectDisposedException
            or InvalidOperationException { Source: "Npgsql" };      // its word for a connection that broke while it was idle

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in new[] { Writer, Reader, Lock })
        {
            if (connection is not null)
                await connection.DisposeAsync().ConfigureAwait(false);
        }

        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation) =>
        TryAsync(() => _source.OpenConnectionAsync(cancellation).AsTask());
}
