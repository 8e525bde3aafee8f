using System.Buffers;
using System.Text;
using PmmCrypt.Metadata;

namespace PmmCrypt.Pmm.Tests;

/// <summary>Notes what it is shown, and replaces each value by itself in angle brackets.</summary>
internal sealed class RecordingVisitor : IFieldVisitor
{
    public List<string> Seen { get; } = [];

    /// <summary>Whether an object that stands within a string is to stand there by itself; it is noted then.</summary>
    public bool WantsObjects { get; init; }

    public bool Visit(EncryptedField field, ReadOnlySpan<byte> stored, IBufferWriter<byte> replacement)
    {
        Seen.Add($"{field}={Encoding.UTF8.GetString(stored)}");
        replacement.Write("<"u8);
        replacement.Write(stored);
        replacement.Write(">"u8);
        return true;
    }

    public bool VisitObjectInString(EncryptedColumn column)
    {
        if (WantsObjects)
            Seen.Add($"{column.Name}: within a string");
        return WantsObjects;
    }

    public void VisitMalformed(EncryptedField field, MalformedReason reason) => Seen.Add($"{field}: {reason}");
}
