using System.Text.Json.Serialization;
using PmmCrypt.Fields;

namespace PmmCrypt.Pmm;

/// <summary>
/// The JSON of <c>backup_locations.s3_config</c>. PMM 3.0 to 3.9 reads all of it in the clear; later PMM encrypts the keys.
/// </summary>
public sealed partial class S3Config
{
    /// <summary>The service's address, stored in the clear.</summary>
    [JsonPropertyName("endpoint")]
    public string? Endpoint { get; set; }

    /// <summary>The access key's id.</summary>
    [Encrypted(Formats = StoredFormats.Envelope), JsonPropertyName("access_key")]
    public string? AccessKey { get; set; }

    /// <summary>The access key's secret.</summary>
    [Encrypted(Formats = StoredFormats.Envelope), JsonPropertyName("secret_key")]
    public string? SecretKey { get; set; }

    /// <summary>The bucket's name, stored in the clear.</summary>
    [JsonPropertyName("bucket_name")]
    public string? BucketName { get; set; }

    /// <summary>The bucket's region, stored in the clear.</summary>
    [JsonPropertyName("bucket_region")]
    public string? BucketRegion { get; set; }
}
