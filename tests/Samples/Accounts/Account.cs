using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using System.Text.Json.Serialization;
using PmmCrypt;

namespace Accounts;

/// <summary>A customer's account with somebody else's service, and what it takes to use it.</summary>
[Table("accounts")]
public sealed partial class Account
{
    [Key, Column("id")]
    public long Id { get; init; }

    [Column("name")]
    public required string Name { get; set; }

    [Encrypted, Column("api_token")]
    public string? ApiToken { get; set; }

    /// <summary>What signs the calls that this service makes to the customer's: made here, and no string.</summary>
    [Encrypted, Column("webhook_key")]
    public Secret<Guid> WebhookKey { get; set; }

    [Column("smtp")]
    public SmtpSettings? Smtp { get; set; }
}

/// <summary>How mail of the account is sent: one JSON column, of which one member is encrypted.</summary>
public sealed partial class SmtpSettings
{
    [JsonPropertyName("host")]
    public string? Host { get; set; }

    [Encrypted, JsonPropertyName("password")]
    public string? Password { get; set; }
}
