using System.Text.Json.Serialization;

namespace PmmCrypt.Pmm;

/// <summary>The JSON of <c>agents.mongo_options</c>.</summary>
public sealed partial class MongoOptions
{
    /// <summary>The client's certificate and its key, in one PEM text.</summary>
    [Encrypted, JsonPropertyName("tls_certificate_key")]
    public string? TlsCertificateKey { get; set; }

    /// <summary>The password of that key.</summary>
    [Encrypted, JsonPropertyName("tls_certificate_key_file_password")]
    public string? TlsCertificateKeyFilePassword { get; set; }

    /// <summary>The certificates of the authorities, stored in the clear.</summary>
    [JsonPropertyName("tls_ca")]
    public string? TlsCa { get; set; }
}
