using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt;

namespace Shop.Data;

[Table("accounts")]
public sealed partial class Account
{
    [Key]
    public required long AccountId { get; init; }

    [Encrypted]
    public string? ApiToken { get; set; }

    [Encrypted, Column("PIN")]
    public string? Pin { get; set; }

    [Encrypted, Column(TypeName = "text")]
    public string? TLSKey { get; set; }

    [NotMapped]
    public string? ApiTokenShown { get; set; }

    public SmtpSettings? SmtpSettings { get; set; }
}

public sealed partial class SmtpSettings
{
    [Encrypted]
    public string? LoginPassword { get; set; }

    [Encrypted, JsonPropertyName("client_key")]
    public string? ClientKey { get; set; }
}
