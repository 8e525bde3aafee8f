using System.Text.Json.Serialization;

namespace PmmCrypt.Pmm;

/// <summary>The JSON of <c>agents.aws_options</c>. The switches for RDS metrics are stored in the clear.</summary>
public sealed partial class AwsOptions
{
    /// <summary>The access key's id.</summary>
    [Encrypted, JsonPropertyName("aws_access_key")]
    public string? AccessKey { get; set; }

    /// <summary>The access key's secret.</summary>
    [Encrypted, JsonPropertyName("aws_secret_key")]
    public string? SecretKey { get; set; }
}
