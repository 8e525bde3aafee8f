using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt.Metadata;

namespace PmmCrypt.Rotation.Contract;

/// <summary>An entity whose secrets are in lists and dictionaries: columns that are one, and members that are.</summary>
[Table("gateways")]
public sealed partial class Gateway
{
    /// <summary>Its table as any database can have it.</summary>
    public static ContractTable Stored { get; } =
        new("gateways", [new KeyColumn("id", KeyColumnType.Integer)], [], ["endpoints", "options", "headers", "servers"]);

    /// <summary>The key.</summary>
    [Key, Column("id")]
    public long Id { get; set; }

    /// <summary>A column that is a list.</summary>
    [Column("endpoints")]
    public List<Endpoint?>? Endpoints { get; set; }

    /// <summary>A column with lists and a dictionary in it.</summary>
    [Column("options")]
    public GatewayOptions? Options { get; set; }

    /// <summary>A column that is a dictionary of secrets.</summary>
    [Encrypted, Column("headers")]
    public Dictionary<string, string>? Headers { get; set; }

    /// <summary>A column that is a dictionary of objects.</summary>
    [Column("servers")]
    public Dictionary<string, Endpoint>? Servers { get; set; }
}

/// <summary>What the column options holds.</summary>
public sealed partial class GatewayOptions
{
    /// <summary>An array of objects that hold lists.</summary>
    [JsonPropertyName("routes")]
    public Route[]? Routes { get; set; }

    /// <summary>A dictionary of secrets.</summary>
    [JsonPropertyName("labels")]
    [Encrypted]
    public IDictionary<string, string?>? Labels { get; set; }
}

/// <summary>An element with a secret and a list.</summary>
public sealed partial class Route
{
    /// <summary>No secret.</summary>
    [JsonPropertyName("path")]
    public string? Path { get; set; }

    /// <summary>A secret.</summary>
    [Encrypted, JsonPropertyName("secret")]
    public string? Secret { get; set; }

    /// <summary>A list within an element.</summary>
    [JsonPropertyName("targets")]
    public IReadOnlyList<Endpoint>? Targets { get; set; }
}

/// <summary>An element with a secret.</summary>
public sealed partial class Endpoint
{
    /// <summary>No secret.</summary>
    [JsonPropertyName("url")]
    public string? Url { get; set; }

    /// <summary>A secret.</summary>
    [Encrypted, JsonPropertyName("token")]
    public string? Token { get; set; }
}
