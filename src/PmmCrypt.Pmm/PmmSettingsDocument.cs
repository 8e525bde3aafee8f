using System.Text.Json.Serialization;
using PmmCrypt.Fields;

namespace PmmCrypt.Pmm;

/// <summary>What a rotation must know of PMM's settings; every other member stays as it is.</summary>
public sealed partial class PmmSettingsDocument
{
    /// <summary>
    /// A value that PMM encrypts to see at its start whether it was given the right key. It is no secret, but it must be rotated too:
    /// under a destroyed key PMM would take the database for another one's. PMM 3.0 to 3.9 does not have it.
    /// </summary>
    [Encrypted(Formats = StoredFormats.Envelope), JsonPropertyName("encryption_key_check")]
    public string? EncryptionKeyCheck { get; set; }
}
