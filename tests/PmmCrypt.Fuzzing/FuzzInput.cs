using System.Text;

namespace PmmCrypt.Fuzzing;

/// <summary>An input while it is made: bytes that grow, shrink and are damaged.</summary>
public sealed class FuzzInput
{
    private const int MostBytes = 1 << 16;

    private byte[] _bytes = new byte[256];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Set(ReadOnlySpan<byte> bytes)
    {
        Clear();
        Add(bytes);
    }

    public void Add(byte b) => Insert(Length, [b]);

    public void Add(ReadOnlySpan<byte> bytes) => Insert(Length, bytes);

    public void Add(string text) => Insert(Length, Encoding.UTF8.GetBytes(text));

    public void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        if (Length + bytes.Length > MostBytes)
            return;
        if (Length + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + bytes.Length));
        _bytes.AsSpan(at, Length - at).CopyTo(_bytes.AsSpan(at + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(at));
        Length += bytes.Length;
    }

    /// <summary>Damages it once, in one of the ways in which files, columns and command lines are damaged.</summary>
    /// <param name="chance">Which way, and where.</param>
    /// <param name="words">What has a meaning in this kind of input.</param>
    public void Mutate(Chance chance, IReadOnlyList<byte[]> words)
    {
        var at = chance.Below(Length + 1);
        var size = Math.Min(1 + chance.Below(chance.OneIn(4) ? 32 : 3), Length - at);
        switch (chance.Below(8))
        {
            case 0 when at < Length:
                _bytes[at] ^= (byte)(1 << chance.Below(8));
                break;
            case 1 when at < Length:
                _bytes[at] = chance.Byte();
                break;
            case 2:
                Remove(at, size);
                break;
            case 3:
                Insert(at, Bytes.Slice(at, size).ToArray());
                break;
            case 4:
                Insert(chance.Below(Length + 1), Bytes.Slice(at, size).ToArray());
                break;
            case 5 when chance.OneIn(4):
                Length = at;
                break;
            case 6:
                Remove(at, size);
                Insert(at, chance.Of(words));
                break;
            default:
                Insert(at, chance.Of(words));
                break;
        }
    }

    private void Remove(int at, int size)
    {
        _bytes.AsSpan(at + size, Length - at - size).CopyTo(_bytes.AsSpan(at));
        Length -= size;
    }
}
