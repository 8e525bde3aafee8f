using System.Text.Json.Serialization;

namespace PmmCrypt.Pmm;

/// <summary>The JSON of <c>agents.mysql_options</c>.</summary>
public sealed partial class MySqlOptions
{
    /// <summary>The certificates of the authorities, stored in the clear.</summary>
    [JsonPropertyName("tls_ca")]
    public string? TlsCa { get; set; }

    /// <summary>The client's certificate.</summary>
    [Encrypted, JsonPropertyName("tls_cert")]
    public string? TlsCert { get; set; }

    /// <summary>The certificate's key.</summary>
    [Encrypted, JsonPropertyName("tls_key")]
    public string? TlsKey { get; set; }
}
