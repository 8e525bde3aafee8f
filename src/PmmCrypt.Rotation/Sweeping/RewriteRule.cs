using PmmCrypt.Fields;
using PmmCrypt.Metadata;
using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>What a sweep makes of a value.</summary>
/// <param name="Rotate">Whether ciphertexts off the primary key, or under more than one layer, are written again under it.</param>
/// <param name="Format">The format that they are then written in; null to keep each value's own.</param>
/// <param name="EncryptClearAs">The format in which values in the clear are encrypted; null to leave them.</param>
internal sealed record RewriteRule(bool Rotate, StoredFormat? Format, StoredFormat? EncryptClearAs)
{
    /// <summary>Whether ciphertexts are put into the clear.</summary>
    public bool Decrypt { get; init; }

    /// <summary>
    /// Whether ciphertexts of fields that <see cref="Format"/> does not encrypt are put into the clear. Else they stay in the format that
    /// they are in.
    /// </summary>
    public bool IntoClear { get; init; }

    /// <summary>Whether an object that is stored within a JSON string is put in the string's place.</summary>
    public bool Normalize { get; init; }

    /// <summary>The table of the service's own record, which is never put into the clear; null where it has none.</summary>
    public EncryptedTable? Ledger { get; init; }

    /// <summary>How many values of a census this rule has work with.</summary>
    public long Remaining(Census census) =>
        (Rotate ? census.Stale : 0)
        + (Rotate && Format is { } format ? census.InAnotherFormat(format) : 0)
        + (EncryptClearAs is { } clear ? census.ClearIn(clear) : 0)
        + census.Fields.Where(entry => GoesIntoClear(entry.Field)).Sum(entry => entry.Opened)
        + (Normalize ? census.ObjectsInStrings : 0);

    /// <summary>
    /// Whether what is encrypted of a field is put into the clear. The service's record never is: it is kept true, or erased, as a whole.
    /// </summary>
    public bool GoesIntoClear(EncryptedField field) =>
        field.Table != Ledger && (Decrypt || (IntoClear && Format is { } format && !field.IsEncryptedIn(format)));

    /// <summary>
    /// The key under which a value is done, as far as that can be seen from outside; null where it is not done under any.
    /// </summary>
    public uint? DoneUnder(uint primaryKeyId) => Decrypt ? null : primaryKeyId;

    /// <summary>
    /// The format in which a value is to be written anew, <see cref="StoredFormat.Unknown"/> being none: in the clear. Null where it stays as it
    /// is, because it is done or does not open.
    /// </summary>
    public StoredFormat? Target(EncryptedField field, StoredValue value, uint primaryKeyId)
    {
        switch (value.State)
        {
            case StoredValueState.Opened when GoesIntoClear(field):
                return StoredFormat.Unknown;
            case StoredValueState.Opened when Rotate:
                var format = Format is { } wanted && field.IsEncryptedIn(wanted) ? wanted : value.Format;
                return value.KeyId == primaryKeyId && value.Layers == 1 && value.Format == format ? null : format;
            case StoredValueState.Clear when EncryptClearAs is { } clear && field.IsEncryptedIn(clear):
                return clear;
            default:
                return null;
        }
    }
}
