using System.Text.Json.Serialization;

namespace PmmCrypt.Pmm;

/// <summary>The JSON of <c>agents.postgresql_options</c>.</summary>
public sealed partial class PostgreSqlOptions
{
    /// <summary>The certificates of the authorities, stored in the clear.</summary>
    [JsonPropertyName("ssl_ca")]
    public string? SslCa { get; set; }

    /// <summary>The client's certificate.</summary>
    [Encrypted, JsonPropertyName("ssl_cert")]
    public string? SslCert { get; set; }

    /// <summary>The certificate's key.</summary>
    [Encrypted, JsonPropertyName("ssl_key")]
    public string? SslKey { get; set; }
}
