using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt;

namespace Shop.Data;

[Table("services")]
public partial class Service
{
    [Key, Column("id")]
    public int Id { get; set; }

    [Column("options", TypeName = "jsonb")]
    public Options? Options { get; private set; }

    // The same class in another column: other fields.
    [Column("fallback")]
    public Tls Fallback { get; set; } = new();

    [Encrypted, Column("token")]
    public string? Token { get; set; }
}

[Table("proxies")]
internal partial class Proxy
{
    [Key]
    public string Name { get; set; } = "";

    public Tls? Tls { get; set; }
}

// It has no encrypted property of its own, and need not be partial.
public class Options
{
    [JsonPropertyName("host")]
    public string? Host { get; set; }

    [JsonPropertyName("tls")]
    public Tls? Tls { get; set; }

    [JsonPropertyName("limits")]
    public Limits? Limits { get; set; }

    [JsonIgnore]
    public Tls? Unstored { get; set; }
}

public partial class Tls
{
    [JsonPropertyName("ca")]
    public string? Ca { get; set; }

    [Encrypted, JsonPropertyName("key"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; set; }

    [Encrypted]
    public string Password { get; internal set; } = "";
}

public class Limits
{
    public int Connections { get; set; }

    public Limits? Parent { get; set; }
}
