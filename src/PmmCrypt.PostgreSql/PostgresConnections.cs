using System.Data;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// The store's connections: one that reads, and, for who takes the lock, one that holds it and two that write. Settings are made for each
/// transaction and not for the session, so that a pooler in transaction mode between here and the server does no harm.
/// </summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    /// <summary>How this tool's sessions call themselves.</summary>
    public const string ApplicationName = "pmm-crypt";

    /// <summary>How long a writer waits for another session's lock on a table, each time that it tries. It never waits for a row.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// No timeout of the server's configuration may end a transaction of ours halfway, and rows that row security hides are an error
    /// instead of rows that are silently left behind. SET reads no catalog, so it is done before a timeout of a few milliseconds is over;
    /// the function that does the same would be looked up first.
    /// </summary>
    private static readonly string[] Settings =
    [
        "SET LOCAL statement_timeout = 0",
        "SET LOCAL idle_in_transaction_session_timeout = 0",
        "SET LOCAL row_security = off",
    ];

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
    private NpgsqlConnection? _lock;
    private NpgsqlConnection? _writer;
    private NpgsqlConnection? _second;

    private PostgresConnections(NpgsqlDataSource source, string displayName)
    {
        _source = source;
        DisplayName = displayName;
    }

    public string DisplayName { get; }

    /// <summary>Reads; there from the beginning.</summary>
    public NpgsqlConnection Reader { get; private set; } = null!;

    /// <summary>Holds the lock; there once <see cref="OpenForWritingAsync"/> has returned.</summary>
    public NpgsqlConnection Lock => _lock ?? throw new InvalidOperationException("Nothing was opened for writing.");

    /// <summary>Writes, fences, and asks; there once <see cref="OpenForWritingAsync"/> has returned.</summary>
    public NpgsqlConnection Writer => _writer ?? throw new InvalidOperationException("Nothing was opened for writing.");

    public static async Task<PostgresConnections> OpenAsync(PostgresTarget target, CancellationToken cancellation)
    {
        target.RequireClientCertificate();
        var connections = new PostgresConnections(target.Build(), target.DisplayName);
        try
        {
            connections.Reader = await connections.OpenAsync(cancellation).ConfigureAwait(false);
            return connections;
        }
        catch
        {
            await connections.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Those that write pages: two, or one where the server or the role may have no more connections.</summary>
    public IReadOnlyList<NpgsqlConnection> Writers => _second is null ? [Writer] : [Writer, _second];

    /// <summary>Opens what only a run needs that may write. Who merely looks at a database takes one connection of it.</summary>
    public async Task OpenForWritingAsync(CancellationToken cancellation)
    {
        if (_lock is not null)
            return;
        _writer ??= await OpenAsync(cancellation).ConfigureAwait(false);
        _lock = await OpenAsync(cancellation).ConfigureAwait(false);
        // Of several hosts, or behind a balancer, it may be another server: one on which nothing that is held here is held.
        if (await SecondAsync(cancellation).ConfigureAwait(false) is { } second
            && await ServerOfAsync(second, cancellation).ConfigureAwait(false) != await ServerOfAsync(_writer, cancellation).ConfigureAwait(false))
        {
            await second.DisposeAsync().ConfigureAwait(false);
            _second = null;
        }
    }

    /// <summary>
    /// One more, that works beside the one that reads or the one that writes. Null where it is not to be had, because the server or the role
    /// may have no more: then things are done one after the other.
    /// </summary>
    public async Task<NpgsqlConnection?> SecondAsync(CancellationToken cancellation)
    {
        try
        {
            return _second ??= await _source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (IsProviders(e))
        {
            return null;        // it is a help, and no need; what is wrong with all of them, another tells
        }
    }

    /// <summary>Which server a connection is to, in the words of <see cref="PostgresReader.ServerSql"/>.</summary>
    public static Task<string> ServerOfAsync(NpgsqlConnection connection, CancellationToken cancellation) => InTransactionAsync(
        connection, inside => PostgresReader.ServerAsync(inside, cancellation), cancellation);

    /// <summary>Begins a transaction with this tool's settings.</summary>
    public static async Task<NpgsqlTransaction> BeginAsync(
        NpgsqlConnection connection, IsolationLevel isolation, bool forWriting, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(isolation, cancellation).ConfigureAwait(false);
        await using var batch = Settle(connection, transaction, forWriting);
        await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        return transaction;
    }

    /// <summary>Runs queries in a transaction with this tool's settings: those of the role may be made for other work.</summary>
    public static async Task<T> InTransactionAsync<T>(
        NpgsqlConnection connection, Func<NpgsqlConnection, Task<T>> queries, CancellationToken cancellation)
    {
        await using var transaction = await BeginAsync(connection, IsolationLevel.ReadCommitted, forWriting: false, cancellation)
            .ConfigureAwait(false);
        var result = await queries(connection).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return result;
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
        foreach (var statement in statements)
            batch.BatchCommands.Add(statement);
        var reader = await batch.ExecuteReaderAsync(behavior, cancellation).ConfigureAwait(false);
        try
        {
            if (forWriting)
                await reader.NextResultAsync(cancellation).ConfigureAwait(false);       // of the settings, that one alone has a result
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
        foreach (var setting in Settings)
            batch.BatchCommands.Add(new NpgsqlBatchCommand(setting));
        var lockTimeout = forWriting ? (long)LockTimeout.TotalMilliseconds : 0;     // a read that waits hears of a stop
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"SET LOCAL lock_timeout = {lockTimeout}"));
        if (connection.PostgreSqlVersion.Major >= 17)
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL transaction_timeout = 0"));
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
        foreach (var connection in new[] { _second, _writer, Reader, _lock })
        {
            if (connection is not null)
                await connection.DisposeAsync().ConfigureAwait(false);
        }

        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation) =>
        TryAsync(() => _source.OpenConnectionAsync(cancellation).AsTask());
}
