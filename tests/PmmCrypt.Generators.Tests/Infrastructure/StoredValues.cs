using System.Buffers;
using System.Text;
using PmmCrypt.Metadata;

namespace PmmCrypt.Generators.Tests.Infrastructure;

/// <summary>Reads, by the walk that was generated for it, what is stored in a column.</summary>
internal sealed class StoredValues : IFieldVisitor
{
    private readonly List<string> _seen = [];

    private StoredValues()
    {
    }

    public static IReadOnlyList<string> In(EncryptedColumn column, string stored)
    {
        var values = new StoredValues();
        Assert.False(column.Walk(Encoding.UTF8.GetBytes(stored), values, new ArrayBufferWriter<byte>()));
        return values._seen;
    }

    public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
    {
        _seen.Add(Encoding.UTF8.GetString(stored));
        return false;
    }

    public void VisitMalformed(EncryptedField field, MalformedReason reason) => Assert.Fail($"{field}: {reason}");
}
