namespace PmmCrypt.Benchmarks;

/// <summary>
/// Something of a ciphertext's size and as hard to compress, for the yardsticks alone: they cost what they would on encrypted rows,
/// though no tool is there to encrypt them. Nothing opens it.
/// </summary>
internal sealed class StandIn
{
    private const int Overhead = 1 + 4 + 12 + 16;   // version, key id, iv, tag

    private readonly Random _random = new(1);

    public string Seal(string plaintext)
    {
        var bytes = new byte[Overhead + System.Text.Encoding.UTF8.GetByteCount(plaintext)];
        _random.NextBytes(bytes);
        bytes.AsSpan(0, 1 + 4).Fill(1);
        return Convert.ToBase64String(bytes);
    }
}
