using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Writes as many pages at once as there are connections for it: while the server takes in one, it rewrites the rows of another.
/// </summary>
internal sealed class PostgresWriters : IDisposable
{
    private readonly Stack<PostgresWriter> _idle = [];
    private readonly SemaphoreSlim _free;

    public PostgresWriters(PostgresConnections connections)
    {
        foreach (var connection in connections.Writers.Reverse())
            _idle.Push(new PostgresWriter(connection));
        Count = _idle.Count;
        _free = new SemaphoreSlim(Count);
    }

    /// <summary>How many pages are written at once.</summary>
    public int Count { get; }

    /// <inheritdoc cref="PostgresWriter.ReplaceAsync"/>
    public async Task<IReadOnlyList<bool>> ReplaceAsync(
        PostgresTable table, RowPage page, RowChanges changes, PostgresLock held, Action? beforeCommit, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        var writer = Take();
        try
        {
            return await writer.ReplaceAsync(table, page, changes, held, beforeCommit, cancellation).ConfigureAwait(false);
        }
        finally
        {
            lock (_idle)
                _idle.Push(writer);
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();

    private PostgresWriter Take()
    {
        lock (_idle)
            return _idle.Pop();
    }
}
