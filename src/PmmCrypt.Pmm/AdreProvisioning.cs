using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using PmmCrypt.Fields;

namespace PmmCrypt.Pmm;

/// <summary>
/// The one row of <c>adre_provisioning</c>: the tokens that PMM's ADRE branch was set up with. Each is empty where it is not used.
/// </summary>
/// <remarks>Read off the branch's public source, as <see cref="AdreModel"/>.</remarks>
[Table("adre_provisioning")]
public sealed partial class AdreProvisioning
{
    /// <summary>The row's key, of a type that has hardly more values than the table has rows.</summary>
    [Key, Column("id")]
    public required bool Id { get; init; }

    /// <summary>The key for HolmesGPT.</summary>
    [Encrypted(Formats = StoredFormats.Legacy), Column("holmes_api_key")]
    public string? HolmesApiKey { get; set; }

    /// <summary>The token of PMM's own service account.</summary>
    [Encrypted(Formats = StoredFormats.Legacy), Column("pmm_sa_token")]
    public string? PmmServiceAccountToken { get; set; }

    /// <summary>The key for ServiceNow.</summary>
    [Encrypted(Formats = StoredFormats.Legacy), Column("servicenow_api_key")]
    public string? ServiceNowApiKey { get; set; }

    /// <summary>The token by which ServiceNow knows this client.</summary>
    [Encrypted(Formats = StoredFormats.Legacy), Column("servicenow_client_token")]
    public string? ServiceNowClientToken { get; set; }

    /// <summary>The token of the Slack bot.</summary>
    [Encrypted(Formats = StoredFormats.Legacy), Column("slack_bot_token")]
    public string? SlackBotToken { get; set; }

    /// <summary>The token of the Slack app.</summary>
    [Encrypted(Formats = StoredFormats.Legacy), Column("slack_app_token")]
    public string? SlackAppToken { get; set; }

    /// <summary>The secret that alerts are posted with.</summary>
    [Encrypted(Formats = StoredFormats.Legacy), Column("alert_webhook_secret")]
    public string? AlertWebhookSecret { get; set; }
}
