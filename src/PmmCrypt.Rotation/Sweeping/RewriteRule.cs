using PmmCrypt.Fields;
using PmmCrypt.Rotation.Counting;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>What a sweep makes of a value.</summary>
/// <param name="Rotate">Whether ciphertexts off the primary key, or under more than one layer, are written again under it.</param>
/// <param name="Format">The format that they are then written in; null to keep each value's own.</param>
/// <param name="EncryptClearAs">The format in which values in the clear are encrypted; null to leave them.</param>
internal sealed record RewriteRule(bool Rotate, StoredFormat? Format, StoredFormat? EncryptClearAs)
{
    /// <summary>How many values of a census this rule has work with.</summary>
    public long Remaining(Census census) =>
        (Rotate ? census.Stale : 0)
        + (Rotate && Format is { } format ? census.InAnotherFormat(format) : 0)
        + (EncryptClearAs is { } clear ? census.ClearIn(clear) : 0);
}
