using System.Buffers;

namespace PmmCrypt.Rotation.Stores;

/// <summary>What is to be replaced in the rows of a page: new values of some columns of some rows.</summary>
public sealed class RowChanges
{
    private const int Unchanged = -1;
    private const int Null = -2;

    private readonly int _columns;
    private readonly List<int> _rows = [];
    private readonly List<int> _starts = [];
    private readonly List<int> _lengths = [];
    private ArrayBufferWriter<byte> _bytes = new();

    /// <summary>No changes yet.</summary>
    public RowChanges(TableLayout layout) => _columns = layout.Columns.Count;

    /// <summary>How many rows change.</summary>
    public int Count => _rows.Count;

    /// <summary>The number, within the page, of the row that changes.</summary>
    public int Row(int change) => _rows[change];

    /// <summary>Whether a column changes.</summary>
    public bool IsChanged(int change, int column) => _lengths[(change * _columns) + column] != Unchanged;

    /// <summary>Whether a column becomes SQL NULL.</summary>
    public bool IsNull(int change, int column) => _lengths[(change * _columns) + column] == Null;

    /// <summary>The new value of a column, UTF-8; null where the column stays as it is, or becomes SQL NULL.</summary>
    public ReadOnlyMemory<byte>? Column(int change, int column)
    {
        var index = (change * _columns) + column;
        // Not a conditional expression: its null would become an empty memory (by way of byte[]), and the column would be emptied.
        if (_lengths[index] < 0)
            return null;
        return _bytes.WrittenMemory.Slice(_starts[index], _lengths[index]);
    }

    /// <summary>Sets the new value of a column. Rows, and columns within a row, come in their order.</summary>
    public void Set(int row, int column, ReadOnlySpan<byte> value)
    {
        var index = Begin(row, column);
        _starts[index] = _bytes.WrittenCount;
        _lengths[index] = value.Length;
        _bytes.Write(value);
    }

    /// <summary>Makes a column SQL NULL. Rows, and columns within a row, come in their order.</summary>
    public void SetNull(int row, int column) => _lengths[Begin(row, column)] = Null;

    /// <summary>Forgets all changes, and makes room for those of a page.</summary>
    /// <param name="size">The size of the page's values, in bytes: what replaces them is about as large.</param>
    public void Clear(int size)
    {
        _rows.Clear();
        _starts.Clear();
        _lengths.Clear();
        var room = size + (size / 8);
        if (_bytes.Capacity < room)
            _bytes = new ArrayBufferWriter<byte>(room);     // and not by growing, which would leave every smaller one behind
        else
            _bytes.ResetWrittenCount();
    }

    private int Begin(int row, int column)
    {
        if (_rows.Count == 0 || _rows[^1] != row)
        {
            _rows.Add(row);
            for (var i = 0; i < _columns; i++)
            {
                _starts.Add(0);
                _lengths.Add(Unchanged);
            }
        }

        return ((_rows.Count - 1) * _columns) + column;
    }
}
