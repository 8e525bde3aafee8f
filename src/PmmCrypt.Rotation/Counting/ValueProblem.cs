using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.Rotation.Counting;

/// <summary>A stored value that does not open. It names the place and the key, and holds no byte of the value.</summary>
/// <param name="Field">The field.</param>
/// <param name="Row">The row's key.</param>
/// <param name="What">What is wrong, in words.</param>
/// <param name="Format">The format that the value is in, or seems to be.</param>
/// <param name="KeyId">The key that it would take; 0 where none can be read from it.</param>
public sealed record ValueProblem(EncryptedField Field, RowKey Row, string What, StoredFormat Format, uint KeyId)
{
    /// <summary>Whether the key is in the keyset, and disabled.</summary>
    internal bool IsDisabledKey { get; init; }

    /// <summary>Whether the key is not in the keyset.</summary>
    internal bool IsUnknownKey { get; init; }

    /// <summary>Table, row, field, what is wrong (with the key's id), and the format.</summary>
    public override string ToString() =>
        $"{Field.Table} {Row} {Field.Name}: {What}" + (Format == StoredFormat.Unknown ? "" : $" ({Format.ToString().ToLowerInvariant()})");

    internal static ValueProblem Of(EncryptedField field, RowKey row, StoredValue value) =>
        new(field, row, StoredValueText.Describe(value), value.Format, value.KeyId)
        {
            IsDisabledKey = value.State == StoredValueState.DisabledKey,
            IsUnknownKey = value.State == StoredValueState.UnknownKey,
        };

    internal static ValueProblem Of(EncryptedField field, RowKey row, MalformedReason reason) =>
        new(field, row, Describe(reason), StoredFormat.Unknown, 0);

    private static string Describe(MalformedReason reason) => reason switch
    {
        MalformedReason.NotJson => "the column is not JSON",
        MalformedReason.NotAnObject => "a JSON object was expected",
        MalformedReason.NotAString => "a JSON string was expected",
        MalformedReason.NotAnArray => "a JSON array was expected",
        MalformedReason.NotUnicode => "the JSON string has a lone surrogate",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "No such reason."),
    };
}
