using System.Buffers;
using System.Text.Json;

namespace PmmCrypt.Fields;

/// <summary>
/// Whether JSON text that was stored within a string can be stored as a document. PostgreSQL's jsonb takes less than JSON allows.
/// </summary>
internal static class JsonFitness
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    /// <summary>
    /// False where a name or string has an escaped NUL or a lone surrogate, or a number is beyond what a double can hold: that text is kept
    /// within its string rather than that a database refuses the row.
    /// </summary>
    /// <param name="json">One JSON value, UTF-8, that has been read to its end.</param>
    public static bool IsStorable(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Options);
        while (reader.Read())
        {
            var isStorable = reader.TokenType switch
            {
                JsonTokenType.String or JsonTokenType.PropertyName => !reader.ValueIsEscaped || IsText(reader),
                JsonTokenType.Number => reader.TryGetDouble(out var number) && double.IsFinite(number),
                _ => true,
            };
            if (!isStorable)
                return false;
        }

        return true;
    }

    private static bool IsText(in Utf8JsonReader reader)
    {
        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            return !rented.AsSpan(0, reader.CopyString(rented)).Contains((byte)0);
        }
        catch (InvalidOperationException)   // the reader's word for a lone surrogate
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }
}
