using System.Text;

namespace PmmCrypt.Tests.Keysets;

/// <summary>
/// An independent reader of key files: it walks the protobuf by hand and is as strict as Tink, so that what it takes PMM takes.
/// </summary>
internal sealed class TinkReader
{
    private readonly byte[] _bytes;
    private int _at;

    private TinkReader(byte[] bytes) => _bytes = bytes;

    public sealed record Key(uint Id, ulong Status, string Material);

    public static (uint Primary, List<Key> Keys) Read(string text)
    {
        uint primary = 0;
        var keys = new List<Key>();
        foreach (var (field, number, bytes) in new TinkReader(Convert.FromBase64String(text)).Fields())
        {
            if (field == 1)
                primary = checked((uint)number);
            else if (field == 2)
                keys.Add(ReadKey(bytes!));
            else
                throw new InvalidDataException($"field {field} of the keyset");
        }

        Assert.NotEmpty(keys);
        Assert.Equal(keys.Count, keys.Select(key => key.Id).Distinct().Count());
        Assert.DoesNotContain(keys, key => key.Id == 0 || key.Status is not (1 or 2));
        Assert.Equal(1ul, Assert.Single(keys, key => key.Id == primary).Status);
        return (primary, keys);
    }

    private static Key ReadKey(byte[] entry)
    {
        var fields = new TinkReader(entry).Fields().ToDictionary(f => f.Field);
        var data = new TinkReader(fields[1].Bytes!).Fields().ToDictionary(f => f.Field);
        var aesGcmKey = Assert.Single(new TinkReader(data[2].Bytes!).Fields());
        Assert.Equal("type.googleapis.com/google.crypto.tink.AesGcmKey", Encoding.ASCII.GetString(data[1].Bytes!));
        Assert.Equal(1ul, data[3].Number);
        Assert.Equal(1ul, fields[4].Number);
        Assert.Equal(3, aesGcmKey.Field);
        Assert.Equal(32, aesGcmKey.Bytes!.Length);
        return new Key(checked((uint)fields[3].Number), fields[2].Number, Convert.ToHexStringLower(aesGcmKey.Bytes));
    }

    private IEnumerable<(int Field, ulong Number, byte[]? Bytes)> Fields()
    {
        while (_at < _bytes.Length)
        {
            var tag = Varint();
            var number = Varint();
            if ((tag & 7) == 0)
            {
                yield return ((int)(tag >> 3), number, null);
                continue;
            }

            if ((tag & 7) != 2)
                throw new InvalidDataException($"wire type {tag & 7}");
            _at += (int)number;
            yield return ((int)(tag >> 3), 0, _bytes[(_at - (int)number).._at]);
        }
    }

    private ulong Varint()
    {
        var value = 0ul;
        for (var shift = 0; ; shift += 7)
        {
            var b = _bytes[_at++];
            value |= (ulong)(b & 0x7f) << shift;
            if ((b & 0x80) == 0)
                return value;
        }
    }
}
