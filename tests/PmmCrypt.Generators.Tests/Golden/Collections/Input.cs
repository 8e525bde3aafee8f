using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt;

namespace Shop.Data;

[Table("gateways")]
public partial class Gateway
{
    [Key, Column("id")]
    public int Id { get; set; }

    // The document is an array.
    [Column("endpoints", TypeName = "jsonb")]
    public List<Endpoint> Endpoints { get; set; } = [];

    [Column("options", TypeName = "jsonb")]
    public GatewayOptions? Options { get; set; }

    // The document is the dictionary.
    [Encrypted, Column("headers", TypeName = "jsonb")]
    public Dictionary<string, string> Headers { get; init; } = [];

    [Column("servers", TypeName = "jsonb")]
    public Dictionary<string, Endpoint>? Servers { get; set; }

    public Endpoint?[]? Spare { get; set; }
}

// It declares an encrypted property, so it is partial; but no code is added to it.
public partial class GatewayOptions
{
    [JsonPropertyName("routes")]
    public Route[]? Routes { get; set; }

    [JsonPropertyName("mirrors")]
    public IReadOnlyList<Endpoint>? Mirrors { get; set; }

    [Encrypted, JsonPropertyName("labels")]
    public IDictionary<string, string?>? Labels { get; set; }

    [JsonPropertyName("tags")]
    public List<string>? Tags { get; set; }

    [JsonIgnore]
    public HashSet<Endpoint>? Seen { get; set; }
}

public partial record Route
{
    [JsonPropertyName("path")]
    public string? Path { get; set; }

    [Encrypted, JsonPropertyName("secret")]
    public string? Secret { get; set; }

    [JsonPropertyName("targets")]
    public IList<Endpoint> Targets { get; } = [];

    [JsonPropertyName("by zone")]
    public IReadOnlyDictionary<string, Endpoint>? ByZone { get; set; }
}

public partial class Endpoint
{
    [JsonPropertyName("url")]
    public string? Url { get; set; }

    [Encrypted, JsonPropertyName("token")]
    public string Token { get; set; } = "";
}
