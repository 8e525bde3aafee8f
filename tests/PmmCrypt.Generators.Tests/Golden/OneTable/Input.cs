using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt;

namespace Shop.Data;

// Two views of one table: each row is walked by both, and each encrypts what it knows.
[Table("accounts", Schema = "shop")]
public sealed partial class Account
{
    [Key, Column("id")]
    public required long Id { get; init; }

    [Encrypted, Column("api_token")]
    public string? ApiToken { get; set; }

    [Column("smtp")]
    public SmtpSettings? Smtp { get; set; }
}

[Table("accounts", Schema = "shop")]
public sealed partial class AccountSecrets
{
    [Key, Column("id")]
    public required long Id { get; init; }

    [Encrypted, Column("pin")]
    public string? Pin { get; set; }

    [Column("smtp")]
    public SmtpKeys? Smtp { get; set; }
}

public sealed partial class SmtpSettings
{
    [Encrypted, JsonPropertyName("password")]
    public string? Password { get; set; }
}

public sealed partial class SmtpKeys
{
    [Encrypted, JsonPropertyName("tls_key")]
    public string? TlsKey { get; set; }
}
