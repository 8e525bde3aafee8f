using System.Collections.Generic;
using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt;

namespace Shop.Data;

public abstract partial class Row<TKey, TDetails>
    where TDetails : class
{
    [Key, Column("id")]
    public required TKey Id { get; init; }

    [Encrypted, Column("token")]
    public string? Token { get; set; }

    [Column("details")]
    public TDetails? Details { get; set; }
}

[Table("accounts")]
public sealed partial class Account : Row<long, Envelope<Tls>>;

[Table("clients")]
public sealed partial class Client : Row<string, Tls>;

[Table("labels")]
public sealed partial class Label : Row<int, Envelope<string?>>
{
    [Column("names")]
    public List<Envelope<string?>?>? Names { get; set; }
}

public partial class Envelope<T>
{
    [Encrypted, JsonPropertyName("password")]
    public string? Password { get; set; }

    [JsonPropertyName("content")]
    public T? Content { get; set; }
}

public partial class Tls
{
    [Encrypted, JsonPropertyName("key")]
    public string? Key { get; set; }
}
