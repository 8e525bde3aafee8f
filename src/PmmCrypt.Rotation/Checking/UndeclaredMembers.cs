using System.Security.Cryptography;
using System.Text.Json;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Checking;

/// <summary>Looks for ciphertexts in members of JSON columns that the model does not declare: the columns' walk passes them over.</summary>
internal sealed class UndeclaredMembers(FieldCipher cipher)
{
    private const int MostPlaces = 1_000;
    // As the columns' own walk: a document may be as deep as the database allows.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    private readonly Dictionary<(EncryptedTable Table, string Column, string Path, uint KeyId), long> _found = [];

    /// <summary>How many values look like a ciphertext under which key, by table, column and JSON path; of the first 1,000.</summary>
    public IReadOnlyDictionary<(EncryptedTable Table, string Column, string Path, uint KeyId), long> Found => _found;

    /// <summary>Hands the pages on, having looked at them.</summary>
    public async IAsyncEnumerable<RowPage> LookAsync(IAsyncEnumerable<RowPage> pages)
    {
        await foreach (var page in pages.ConfigureAwait(false))
        {
            for (var column = 0; column < page.Layout.Columns.Count; column++)
            {
                if (page.Layout.Columns[column].IsJson)
                    Look(page, column);
            }

            yield return page;
        }
    }

    private void Look(RowPage page, int column)
    {
        for (var row = 0; row < page.Count; row++)
        {
            if (page.IsNull(row, column))
                continue;
            try
            {
                Look(page.Layout.Table, page.Layout.Columns[column], page.Column(row, column).Span);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // Not JSON, or a lone surrogate in it: the walk says so, where a field is concerned.
            }
        }
    }

    private void Look(EncryptedTable table, EncryptedColumn column, ReadOnlySpan<byte> document)
    {
        var path = new List<string>();
        var reader = new Utf8JsonReader(document, Options);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    path.RemoveRange(reader.CurrentDepth - 1, path.Count - reader.CurrentDepth + 1);
                    path.Add(reader.GetString()!);
                    break;
                case JsonTokenType.StartArray:
                    Enter(path, reader.CurrentDepth);
                    path.Add(EncryptedField.EachElement);
                    break;
                case JsonTokenType.String when reader.CurrentDepth == 0:
                    // A string that holds the document, as PMM's own migration left some.
                    WithText(ref reader, inner => Look(table, column, inner));
                    return;
                case JsonTokenType.String when MayBeCiphertext(reader.ValueSpan):
                    Enter(path, reader.CurrentDepth);
                    WithText(ref reader, value => LookAt(table, column, path, value));
                    break;
            }
        }
    }

    /// <summary>Leaves what was read deeper: a value at this depth is the member, or the element, that the path then ends with.</summary>
    private static void Enter(List<string> path, int depth)
    {
        if (path.Count > depth)
            path.RemoveRange(depth, path.Count - depth);
    }

    private static bool MayBeCiphertext(ReadOnlySpan<byte> escaped) => escaped is [(byte)'A' or (byte)'p' or (byte)'\\', ..];

    /// <summary>Runs something on the text of a string, and leaves no copy of it.</summary>
    private static void WithText(ref Utf8JsonReader reader, Action<byte[]> look)
    {
        var buffer = new byte[reader.ValueSpan.Length];
        byte[] text = [];
        try
        {
            text = buffer[..reader.CopyString(buffer)];
            look(text);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private void LookAt(EncryptedTable table, EncryptedColumn column, List<string> path, ReadOnlySpan<byte> value)
    {
        if (column.Fields.Any(field => IsAt(field, path)))
            return;
        var stored = cipher.Inspect(value);
        if (stored.KeyId == 0 || stored.State is StoredValueState.Empty or StoredValueState.Clear)
            return;
        var place = (table, column.Name, string.Join('.', path), stored.KeyId);
        if (_found.Count < MostPlaces || _found.ContainsKey(place))
            _found[place] = _found.GetValueOrDefault(place) + 1;
    }

    /// <summary>Whether a field is declared there. Where there is a list too many, or too few, the walk has named what it found.</summary>
    private static bool IsAt(EncryptedField field, List<string> path)
    {
        var names = path.Where(name => name != EncryptedField.EachElement);
        var declared = field.Path.Where(step => step != EncryptedField.EachElement).ToArray();
        return declared.Length == names.Count()
            && declared.Zip(names).All(pair => pair.First == EncryptedField.EachMember || pair.First == pair.Second);
    }
}
