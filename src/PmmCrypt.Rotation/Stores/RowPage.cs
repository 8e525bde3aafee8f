using System.Buffers;
using System.Security.Cryptography;

namespace PmmCrypt.Rotation.Stores;

/// <summary>Some rows of one table: their keys, and their encrypted columns as stored, side by side in one rented buffer.</summary>
/// <remarks>
/// A store fills it: <see cref="Begin"/>, then <see cref="Add"/> or <see cref="AddNull"/> once for each column of the layout, for each row.
/// The buffer may hold secrets in the clear: it is zeroed when the page is disposed.
/// </remarks>
public sealed class RowPage : IDisposable
{
    private const int Null = -1;
    private const int Smallest = 64 << 10;

    // What a page came to last: the next one is rented that large at once, instead of growing through every smaller size on its way.
    private static int LastSize = Smallest;

    private readonly List<RowKey> _keys = [];
    private readonly List<uint> _versions = [];
    private readonly List<ulong> _places = [];
    private readonly List<int> _starts = [];
    private readonly List<int> _lengths = [];
    private byte[] _bytes = [];
    private int _used;

    /// <summary>Makes an empty page of a table.</summary>
    public RowPage(TableLayout layout) => Layout = layout;

    /// <summary>The table.</summary>
    public TableLayout Layout { get; }

    /// <summary>How many rows it holds.</summary>
    public int Count => _keys.Count;

    /// <summary>How many bytes of stored values it holds.</summary>
    public int ByteCount => _used;

    /// <summary>Where the next page begins; null where the table's end was reached with this one.</summary>
    public PagePosition? Next { get; set; }

    /// <summary>Whether the table's end was reached with it.</summary>
    public bool IsLast => Next is null;

    /// <summary>Whether parts of the table, which ends with this page, were left to other runs that sweep it too.</summary>
    public bool LeftParts { get; set; }

    /// <summary>Whether it is as large as it was asked to be.</summary>
    public bool IsFull(PageSize size) => Count >= size.Rows || ByteCount >= size.Bytes;

    /// <summary>What the store must know of where and when it read the page, to replace rows of it; null where nothing.</summary>
    public string? Origin { get; set; }

    /// <summary>Begins the next row.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="version">By what the store tells whether the row has changed since; 0 where it compares the columns.</param>
    /// <param name="place">Where in the table the store finds that version of the row again; 0 where it looks for the key.</param>
    public void Begin(RowKey key, uint version = 0, ulong place = 0)
    {
        _keys.Add(key);
        _versions.Add(version);
        _places.Add(place);
    }

    /// <summary>Adds the next column of the row.</summary>
    public void Add(ReadOnlySpan<byte> stored)
    {
        stored.CopyTo(Reserve(stored.Length));
        Commit(stored.Length);
    }

    /// <summary>Adds SQL NULL as the next column of the row.</summary>
    public void AddNull()
    {
        _starts.Add(_used);
        _lengths.Add(Null);
    }

    /// <summary>Room in the buffer for the next column; <see cref="Commit"/> says how much of it was written.</summary>
    public Span<byte> Reserve(int size)
    {
        if (_bytes.Length - _used < size)
            Grow(_used + size);
        return _bytes.AsSpan(_used, size);
    }

    /// <summary>Adds the next column of the row from what was written to <see cref="Reserve"/>.</summary>
    public void Commit(int size)
    {
        _starts.Add(_used);
        _lengths.Add(size);
        _used += size;
    }

    /// <summary>The key of a row.</summary>
    public RowKey Key(int row) => _keys[row];

    /// <summary>The version of a row, as <see cref="Begin"/> was told.</summary>
    public uint Version(int row) => _versions[row];

    /// <summary>The place of a row, as <see cref="Begin"/> was told.</summary>
    public ulong Place(int row) => _places[row];

    /// <summary>Whether a column of a row is SQL NULL.</summary>
    public bool IsNull(int row, int column) => _lengths[Index(row, column)] == Null;

    /// <summary>A column of a row as stored, UTF-8. It lasts as long as the page.</summary>
    public ReadOnlyMemory<byte> Column(int row, int column)
    {
        var index = Index(row, column);
        return _bytes.AsMemory(_starts[index], _lengths[index]);
    }

    /// <summary>Zeroes the buffer and gives it back.</summary>
    public void Dispose() => Clear();

    /// <summary>Forgets every row, and zeroes what was stored of them.</summary>
    public void Clear()
    {
        if (_used > 0)
            LastSize = Math.Max(Smallest, _used);
        Return(_bytes, _used);
        _bytes = [];
        _used = 0;
        _keys.Clear();
        _versions.Clear();
        _places.Clear();
        _starts.Clear();
        _lengths.Clear();
    }

    private int Index(int row, int column) => (row * Layout.Columns.Count) + column;

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(size, Math.Max(_bytes.Length * 2, LastSize)));
        _bytes.AsSpan(0, _used).CopyTo(larger);
        Return(_bytes, _used);
        _bytes = larger;
    }

    private static void Return(byte[] bytes, int used)
    {
        if (bytes.Length == 0)
            return;
        CryptographicOperations.ZeroMemory(bytes.AsSpan(0, used));
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
