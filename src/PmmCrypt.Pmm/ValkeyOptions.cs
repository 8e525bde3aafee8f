using System.Text.Json.Serialization;
using PmmCrypt.Fields;

namespace PmmCrypt.Pmm;

/// <summary>
/// The JSON of <c>agents.valkey_options</c>. PMM 3.0 to 3.9 reads all of it in the clear; later PMM encrypts (PMM-15375).
/// </summary>
public sealed partial class ValkeyOptions
{
    /// <summary>The certificates of the authorities, stored in the clear.</summary>
    [JsonPropertyName("ssl_ca")]
    public string? SslCa { get; set; }

    /// <summary>The client's certificate.</summary>
    [Encrypted(Formats = StoredFormats.Envelope), JsonPropertyName("ssl_cert")]
    public string? SslCert { get; set; }

    /// <summary>The certificate's key.</summary>
    [Encrypted(Formats = StoredFormats.Envelope), JsonPropertyName("ssl_key")]
    public string? SslKey { get; set; }
}
