using System.Globalization;
using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Stores;

/// <summary>What identifies a row: the values of its table's key columns, in key order. None in a table of a single row.</summary>
public sealed class RowKey : IEquatable<RowKey>
{
    private readonly object[] _values;

    /// <summary>Makes a key.</summary>
    /// <param name="values">
    /// A <see cref="string"/>, <see cref="Guid"/>, <see cref="long"/> or <see cref="bool"/> for each key column.
    /// Where a database keeps the others as text, in any spelling, the text as it is stored: the row must be found by it again.
    /// </param>
    public RowKey(params object[] values) => _values = values;

    /// <summary>The key of the row of a single-row table.</summary>
    public static RowKey SingleRow { get; } = new();

    /// <summary>A <see cref="string"/>, <see cref="Guid"/>, <see cref="long"/> or <see cref="bool"/> for each key column.</summary>
    public IReadOnlyList<object> Values => _values;

    /// <inheritdoc/>
    public bool Equals(RowKey? other) => other is not null && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RowKey);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var value in _values)
            hash.Add(value);
        return hash.ToHashCode();
    }

    /// <summary>The values as a person would write them, separated by commas.</summary>
    public override string ToString() =>
        _values.Length == 0 ? "(the row)"
            : string.Join(", ", _values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));

    /// <summary>The value that a column of this type has, where the database gave it as text.</summary>
    /// <exception cref="StoreSchemaException">The text is no such value.</exception>
    public static object Parse(string text, KeyColumnType type)
    {
        try
        {
            return Read(text, type);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new StoreSchemaException(
                $"a key column that the model declares as {type} holds something else", "give the [Key] property the type of its column");
        }
    }

    private static object Read(string text, KeyColumnType type) => type switch
    {
        KeyColumnType.Text => text,
        KeyColumnType.Guid => Guid.Parse(text),
        KeyColumnType.Integer => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
        KeyColumnType.Boolean => bool.Parse(text),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such key column type."),
    };
}
