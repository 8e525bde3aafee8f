using System.Buffers;
using System.Text;
using PmmCrypt.Metadata;

namespace PmmCrypt.Pmm.Tests;

/// <summary>Notes what it is shown, and replaces each value by itself in angle brackets.</summary>
internal sealed class RecordingVisitor : IFieldVisitor
{
    public List<string> Seen { get; } = [];

    public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
    {
        Seen.Add($"{field}={Encoding.UTF8.GetString(stored)}");
        replacement.Write("<"u8);
        replacement.Write(stored);
        replacement.Write(">"u8);
        return true;
    }

    public void VisitMalformed(EncryptedField field, MalformedReason reason) => Seen.Add($"{field}: {reason}");
}
