using PmmCrypt.Fields;
using PmmCrypt.Keysets;

namespace PmmCrypt.Tests.Fields;

/// <summary>What a service's every write costs its memory.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(32, StoredFormat.Legacy)]
    [InlineData(32, StoredFormat.Envelope)]
    [InlineData(2048, StoredFormat.Legacy)]
    [InlineData(2048, StoredFormat.Envelope)]
    [InlineData(100_000, StoredFormat.Legacy)]
    public void Encrypting_a_field_allocates_the_string_and_nothing_else(int length, StoredFormat format)
    {
        using var keyset = KeysetManager.Generate();
        using var cipher = new FieldCipher(keyset, format);
        foreach (var plaintext in new[] { new string('s', length), new string('ü', length / 2) })
        {
            var stored = cipher.Encrypt(plaintext)!;

            Assert.Equal(Allocated(() => new string('x', stored.Length)), Allocated(() => cipher.Encrypt(plaintext)!));
        }
    }

    /// <summary>Bytes an operation, at best: what is pooled may be made anew after a collection.</summary>
    private static long Allocated(Func<string> make)
    {
        const int Times = 20;
        GC.KeepAlive(make());
        return Enumerable.Range(0, 5).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Times; i++)
                GC.KeepAlive(make());
            return (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
        });
    }
}
