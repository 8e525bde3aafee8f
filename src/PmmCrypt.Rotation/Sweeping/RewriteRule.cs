using PmmCrypt.Fields;

namespace PmmCrypt.Rotation.Sweeping;

/// <summary>What a sweep makes of a value.</summary>
/// <param name="Format">The format that ciphertexts are rewritten in; null to keep each value's own.</param>
/// <param name="EncryptClearAs">The format in which values in the clear are encrypted; null to leave them.</param>
internal sealed record RewriteRule(StoredFormat? Format, StoredFormat? EncryptClearAs);
