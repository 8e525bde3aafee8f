namespace PmmCrypt.Testing.Pmm;

/// <summary>
/// PMM's encrypted fields, written down here once more and not taken from the product: a field that the product forgets must fail a test.
/// </summary>
public static class PmmFields
{
    /// <summary>What PMM's key check says once it is decrypted.</summary>
    public const string KeyCheck = "pmm-encryption-key-check";

    /// <summary>The key check's place.</summary>
    public const string KeyCheckField = "settings.settings.encryption_key_check";

    /// <summary>Columns of agents with their encrypted members; none where the whole value is.</summary>
    public static IReadOnlyDictionary<string, string[]> Agents { get; } = new Dictionary<string, string[]>
    {
        ["username"] = [],
        ["password"] = [],
        ["agent_password"] = [],
        ["aws_options"] = ["aws_access_key", "aws_secret_key"],
        ["azure_options"] = ["subscription_id", "client_id", "client_secret", "tenant_id"],
        ["mongo_options"] = ["tls_certificate_key", "tls_certificate_key_file_password"],
        ["mysql_options"] = ["tls_cert", "tls_key"],
        ["postgresql_options"] = ["ssl_cert", "ssl_key"],
        ["valkey_options"] = ["ssl_cert", "ssl_key"],
    };

    /// <summary>The same for backup_locations.</summary>
    public static IReadOnlyDictionary<string, string[]> Locations { get; } = new Dictionary<string, string[]>
    {
        ["s3_config"] = ["access_key", "secret_key"],
    };

    /// <summary>The columns that PMM 3.0 to 3.9 encrypt, as their settings list them.</summary>
    public static IEnumerable<string> Listed(string database) =>
        Agents.Keys.Where(column => IsEncrypted(column, PmmStorage.Legacy)).Select(column => $"{database}.agents.{column}");

    /// <summary>Whether a column is encrypted: PMM 3.0 to 3.9 read some in the clear.</summary>
    public static bool IsEncrypted(string column, PmmStorage storage) => storage switch
    {
        PmmStorage.Clear => false,
        PmmStorage.Legacy => column is not ("valkey_options" or "s3_config"),
        _ => true,
    };
}
