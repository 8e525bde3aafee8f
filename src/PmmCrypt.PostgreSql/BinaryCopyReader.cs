using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>
/// Reads rows as <c>COPY … TO STDOUT (FORMAT binary)</c> sends them, straight into pages: a value is copied once and nothing is
/// allocated for it.
/// </summary>
/// <remarks>
/// <code>
/// ┌──────────────────────┬──────────┬─────────────────┐ ┌────────────┬──────────────────────────────┐ … ┌────┐
/// │ "PGCOPY\n\xff\r\n\0" │ flags, 4 │ header size, 4  │ │ columns, 2 │ (length or -1, 4 ‖ bytes) *  │   │ -1 │
/// └──────────────────────┴──────────┴─────────────────┘ └────────────┴──────────────────────────────┘ … └────┘
/// </code>
/// </remarks>
internal sealed class BinaryCopyReader : IDisposable
{
    private const int SignatureSize = 11;
    private const short End = -1;
    private const string Places = "t.ctid, t.xmin, ";

    private readonly Stream _stream;
    private readonly bool _hasPlaces;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(256 << 10);
    private int _start;
    private int _end;

    private BinaryCopyReader(Stream stream, bool hasPlaces)
    {
        _stream = stream;
        _hasPlaces = hasPlaces;
    }

    /// <summary>
    /// Fills a page with rows of a part of a heap, each with its version and its place, through a transaction that is under way on the
    /// connection.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="table">The table.</param>
    /// <param name="where">What the rows have in common, in SQL.</param>
    /// <param name="page">The page.</param>
    /// <param name="size">Where the page ends, also if there are more such rows.</param>
    /// <param name="cancellation">Stops the read.</param>
    public static async Task FillAsync(
        NpgsqlConnection connection, PostgresTable table, string where, RowPage page, PageSize size, CancellationToken cancellation)
    {
        var stream = await connection.BeginRawBinaryCopyAsync(
            $"COPY (SELECT {Places}{table.SelectList} FROM {table.SqlName} t WHERE {where}) TO STDOUT (FORMAT binary)",
            cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var reader = new BinaryCopyReader(stream, hasPlaces: true);
            await reader.ReadHeaderAsync(cancellation).ConfigureAwait(false);
            using var beyond = new RowPage(table);
            // Read to its end, also what is beyond the page: a copy that is broken off ends the transaction.
            while (await reader.ReadRowAsync(page.IsFull(size) ? beyond : page, table, cancellation).ConfigureAwait(false))
            {
                if (beyond.IsFull(size))
                    beyond.Clear();
            }
        }
    }

    /// <summary>
    /// Reads a table, or the rows of it that have something in common, through a transaction that is under way on the connection.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="table">The table.</param>
    /// <param name="where">What the rows have in common, in SQL; null for all of them.</param>
    /// <param name="withPlaces">Whether rows of a heap are to have their places: for that a role needs a right on the whole table.</param>
    /// <param name="size">Where a page ends.</param>
    /// <param name="cancellation">Stops the read.</param>
    public static async IAsyncEnumerable<RowPage> ReadAsync(
        NpgsqlConnection connection, PostgresTable table, string? where, bool withPlaces, PageSize size,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        var condition = where is null ? "" : $" WHERE {where}";
        withPlaces &= table.IsHeap;
        var select = $"SELECT {(withPlaces ? Places : "")}{table.SelectList} FROM {table.SqlName} t{condition}";
        var stream = await connection.BeginRawBinaryCopyAsync($"COPY ({select}) TO STDOUT (FORMAT binary)", cancellation)
            .ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var reader = new BinaryCopyReader(stream, withPlaces);
            await reader.ReadHeaderAsync(cancellation).ConfigureAwait(false);
            bool last;
            do
            {
                var page = new RowPage(table);
                try
                {
                    do
                        last = !await reader.ReadRowAsync(page, table, cancellation).ConfigureAwait(false);
                    while (!last && !page.IsFull(size));
                }
                catch
                {
                    page.Dispose();
                    throw;
                }

                yield return page;
            }
            while (!last);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_buffer);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async ValueTask ReadHeaderAsync(CancellationToken cancellation)
    {
        await NeedAsync(SignatureSize + (2 * sizeof(int)), cancellation).ConfigureAwait(false);
        _start += SignatureSize + sizeof(int);
        var extension = ReadInt32();
        await NeedAsync(extension, cancellation).ConfigureAwait(false);
        _start += extension;
    }

    private async ValueTask<bool> ReadRowAsync(RowPage page, PostgresTable table, CancellationToken cancellation)
    {
        await NeedAsync(sizeof(short), cancellation).ConfigureAwait(false);
        var columns = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start));
        _start += sizeof(short);
        if (columns == End)
            return false;
        var expected = (_hasPlaces ? 2 : 0) + table.Keys.Count + table.Catalog.Count;
        if (columns != expected)
            throw new StoreException(
                $"{table.Table}: the server sent {columns} columns where {expected} were asked for",
                "its columns were changed meanwhile; " + PostgresErrors.GoesOn);
        var (place, version) = _hasPlaces ? await ReadPlaceAsync(cancellation).ConfigureAwait(false) : default;
        var key = new object[table.Keys.Count];
        for (var i = 0; i < key.Length; i++)
        {
            var length = await ReadLengthAsync(cancellation).ConfigureAwait(false);
            if (length < 0)
                throw new StoreException($"{table.Table}: a row has no {table.Keys[i].Name}, by which it is identified",
                    $"give every row its {table.Keys[i].Name}, and make the column NOT NULL; then " + PostgresErrors.GoesOn);
            key[i] = table.ParseKey(Encoding.UTF8.GetString(_buffer, _start, length), i);
            _start += length;
        }

        page.Begin(key.Length == 0 ? RowKey.SingleRow : new RowKey(key), version, place);
        for (var i = 0; i < table.Catalog.Count; i++)
        {
            var length = await ReadLengthAsync(cancellation).ConfigureAwait(false);
            if (length < 0)
            {
                page.AddNull();
                continue;
            }

            page.Add(_buffer.AsSpan(_start, length));
            _start += length;
        }

        return true;
    }

    /// <summary>Reads a tid and a transaction id, which are never NULL: each four bytes of length, then the value.</summary>
    private async ValueTask<(ulong Place, uint Version)> ReadPlaceAsync(CancellationToken cancellation)
    {
        const int size = (3 * sizeof(int)) + sizeof(short) + sizeof(int);
        await NeedAsync(size, cancellation).ConfigureAwait(false);
        var row = _buffer.AsSpan(_start, size);
        _start += size;
        var block = BinaryPrimitives.ReadUInt32BigEndian(row[4..]);
        var offset = BinaryPrimitives.ReadUInt16BigEndian(row[8..]);
        return (HeapPlace.Of(block, offset), BinaryPrimitives.ReadUInt32BigEndian(row[14..]));
    }

    /// <summary>Reads a length, and sees to it that so many bytes stand in the buffer.</summary>
    private async ValueTask<int> ReadLengthAsync(CancellationToken cancellation)
    {
        await NeedAsync(sizeof(int), cancellation).ConfigureAwait(false);
        var length = ReadInt32();
        if (length > 0)
            await NeedAsync(length, cancellation).ConfigureAwait(false);
        return length;
    }

    private int ReadInt32()
    {
        var value = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start));
        _start += sizeof(int);
        return value;
    }

    private ValueTask NeedAsync(int size, CancellationToken cancellation) =>
        _end - _start >= size ? ValueTask.CompletedTask : FillAsync(size, cancellation);

    private async ValueTask FillAsync(int size, CancellationToken cancellation)
    {
        if (size > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(size);
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
            CryptographicOperations.ZeroMemory(_buffer);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        }

        _end -= _start;
        _start = 0;
        while (_end < size)
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellation).ConfigureAwait(false);
            if (read == 0)
                throw new EndOfStreamException("The server ended the copy in the middle of a row.");
            _end += read;
        }
    }
}
