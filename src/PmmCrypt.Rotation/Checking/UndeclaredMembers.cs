using System.Security.Cryptography;
using System.Text.Json;
using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Checking;

/// <summary>
/// Looks at the members of JSON columns that the columns' walk passes over: for ciphertexts in those that the model does not declare, and
/// for those that a serializer named otherwise than the model.
/// </summary>
/// <remarks>Several entities may share a column, each with members of its own: what one of them declares is declared.</remarks>
internal sealed class UndeclaredMembers(FieldCipher cipher, IReadOnlyList<TableLayout> tables)
{
    private const int MostPlaces = 1_000;
    // As the columns' own walk: a document may be as deep as the database allows.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = int.MaxValue };

    private readonly Dictionary<EncryptedColumn, DeclaredMembers> _declared = [];
    private readonly Dictionary<(EncryptedTable Table, string Column, string Path, uint KeyId), long> _found = [];
    private readonly Dictionary<(EncryptedField Field, string Path), long> _renamed = [];

    /// <summary>How many values look like a ciphertext under which key, by table, column and JSON path; of the first 1,000.</summary>
    public IReadOnlyDictionary<(EncryptedTable Table, string Column, string Path, uint KeyId), long> Found => _found;

    /// <summary>
    /// How many documents lack a field and have a value in its place under a name that differs in case, underscores or hyphens alone, by
    /// that JSON path; of the first 1,000.
    /// </summary>
    public IReadOnlyDictionary<(EncryptedField Field, string Path), long> Renamed => _renamed;

    /// <summary>Hands the pages on, having looked at them.</summary>
    public async IAsyncEnumerable<RowPage> LookAsync(IAsyncEnumerable<RowPage> pages)
    {
        await foreach (var page in pages.ConfigureAwait(false))
        {
            for (var column = 0; column < page.Layout.Columns.Count; column++)
            {
                if (page.Layout.Columns[column].IsJson && Declared(page.Layout, column) is { IsFirst: true } declared)
                    Look(page, column, declared);
            }

            yield return page;
        }
    }

    private DeclaredMembers Declared(TableLayout layout, int number)
    {
        var column = layout.Columns[number];
        if (!_declared.TryGetValue(column, out var declared))
            _declared.Add(column, declared = DeclaredMembers.Of(layout.Table, column, tables.Select(other => other.Table)));
        return declared;
    }

    private void Look(RowPage page, int column, DeclaredMembers declared)
    {
        for (var row = 0; row < page.Count; row++)
        {
            if (page.IsNull(row, column))
                continue;
            var present = new HashSet<EncryptedField>();
            var renamed = new HashSet<(EncryptedField Field, string Path)>();
            try
            {
                Look(declared, page.Column(row, column).Span, present, renamed);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // Not JSON, or a lone surrogate in it: the walk says so, where a field is concerned.
            }

            foreach (var place in renamed.Where(place => !present.Contains(place.Field)))
                Count(_renamed, place);
        }
    }

    private void Look(
        DeclaredMembers declared, ReadOnlySpan<byte> document, HashSet<EncryptedField> present,
        HashSet<(EncryptedField Field, string Path)> renamed)
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
                    WithText(ref reader, inner => Look(declared, inner, present, renamed));
                    return;
                case JsonTokenType.String or JsonTokenType.Number or JsonTokenType.Null:
                    Enter(path, reader.CurrentDepth);
                    if (declared.At(path) is { } field)
                        present.Add(field);
                    else if (reader.TokenType != JsonTokenType.Null && declared.Resembling(path) is { } meant)
                        renamed.Add((meant, string.Join('.', path)));
                    else if (reader.TokenType == JsonTokenType.String && MayBeCiphertext(reader.ValueSpan))
                        WithText(ref reader, value => LookAt(declared, path, value));
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

    private void LookAt(DeclaredMembers declared, List<string> path, ReadOnlySpan<byte> value)
    {
        var stored = cipher.Inspect(value);
        if (stored.KeyId == 0 || stored.State is StoredValueState.Empty or StoredValueState.Clear)
            return;
        Count(_found, (declared.Table, declared.Column, string.Join('.', path), stored.KeyId));
    }

    private static void Count<T>(Dictionary<T, long> places, T place)
        where T : notnull
    {
        if (places.Count < MostPlaces || places.ContainsKey(place))
            places[place] = places.GetValueOrDefault(place) + 1;
    }
}
