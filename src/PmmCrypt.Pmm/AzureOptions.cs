using System.Text.Json.Serialization;

namespace PmmCrypt.Pmm;

/// <summary>The JSON of <c>agents.azure_options</c>.</summary>
public sealed partial class AzureOptions
{
    /// <summary>The subscription.</summary>
    [Encrypted, JsonPropertyName("subscription_id")]
    public string? SubscriptionId { get; set; }

    /// <summary>The application that logs in.</summary>
    [Encrypted, JsonPropertyName("client_id")]
    public string? ClientId { get; set; }

    /// <summary>The application's secret.</summary>
    [Encrypted, JsonPropertyName("client_secret")]
    public string? ClientSecret { get; set; }

    /// <summary>The directory that the application is in.</summary>
    [Encrypted, JsonPropertyName("tenant_id")]
    public string? TenantId { get; set; }

    /// <summary>The resource group, stored in the clear.</summary>
    [JsonPropertyName("resource_group")]
    public string? ResourceGroup { get; set; }
}
