using PmmCrypt.Fields;
using PmmCrypt.Metadata;

namespace PmmCrypt.Pmm.Tests;

/// <summary>
/// PMM's list of encrypted fields, written out by hand from PMM's source: a change of the entities must be a change here too.
/// </summary>
public sealed class EncryptedFieldsTests
{
    private const StoredFormats Both = StoredFormats.Legacy | StoredFormats.Envelope;
    private const StoredFormats Later = StoredFormats.Envelope;
    private const StoredFormats Branch = StoredFormats.Legacy;

    [Fact]
    public void Agents() => Assert.Equal(
        [
            ("username", Both),
            ("password", Both),
            ("agent_password", Both),
            ("aws_options.aws_access_key", Both),
            ("aws_options.aws_secret_key", Both),
            ("azure_options.subscription_id", Both),
            ("azure_options.client_id", Both),
            ("azure_options.client_secret", Both),
            ("azure_options.tenant_id", Both),
            ("mongo_options.tls_certificate_key", Both),
            ("mongo_options.tls_certificate_key_file_password", Both),
            ("mysql_options.tls_cert", Both),
            ("mysql_options.tls_key", Both),
            ("postgresql_options.ssl_cert", Both),
            ("postgresql_options.ssl_key", Both),
            ("valkey_options.ssl_cert", Later),
            ("valkey_options.ssl_key", Later),
            ("aws_access_key", Both),
            ("aws_secret_key", Both),
            ("mongo_db_tls_options.tls_certificate_key", Both),
            ("mongo_db_tls_options.tls_certificate_key_file_password", Both),
        ],
        Fields(Agent.EncryptedTable));

    [Fact]
    public void Backup_locations() => Assert.Equal(
        [("s3_config.access_key", Later), ("s3_config.secret_key", Later)], Fields(BackupLocation.EncryptedTable));

    [Fact]
    public void Settings() => Assert.Equal([("settings.encryption_key_check", Later)], Fields(PmmSettings.EncryptedTable));

    [Fact]
    public void The_models_of_the_ADRE_branch() => Assert.Equal([("api_key", Branch)], Fields(AdreModel.EncryptedTable));

    [Fact]
    public void Its_provisioning() => Assert.Equal(
        [
            ("holmes_api_key", Branch),
            ("pmm_sa_token", Branch),
            ("servicenow_api_key", Branch),
            ("servicenow_client_token", Branch),
            ("slack_bot_token", Branch),
            ("slack_app_token", Branch),
            ("alert_webhook_secret", Branch),
        ],
        Fields(AdreProvisioning.EncryptedTable));

    [Fact]
    public void Of_PMM_only_names_passwords_and_the_AWS_keys_of_PMM_2_are_columns_of_their_own() => Assert.Equal(
        ["username", "password", "agent_password", "aws_access_key", "aws_secret_key"],
        Agent.EncryptedTable.Columns.Concat(BackupLocation.EncryptedTable.Columns).Concat(PmmSettings.EncryptedTable.Columns)
            .Where(column => !column.IsJson).Select(column => column.Name));

    [Fact]
    public void Tables_and_keys()
    {
        Assert.Equal("agents", Agent.EncryptedTable.ToString());
        Assert.Equal([new KeyColumn("agent_id", KeyColumnType.Text)], Agent.EncryptedTable.Keys);
        Assert.Equal("backup_locations", BackupLocation.EncryptedTable.ToString());
        Assert.Equal([new KeyColumn("id", KeyColumnType.Text)], BackupLocation.EncryptedTable.Keys);
        Assert.Equal("settings", PmmSettings.EncryptedTable.ToString());
        Assert.True(PmmSettings.EncryptedTable.IsSingleRow);
        Assert.Equal("adre_models", AdreModel.EncryptedTable.ToString());
        Assert.Equal([new KeyColumn("id", KeyColumnType.Integer)], AdreModel.EncryptedTable.Keys);
        Assert.Equal("adre_provisioning", AdreProvisioning.EncryptedTable.ToString());
        Assert.Equal([new KeyColumn("id", KeyColumnType.Boolean)], AdreProvisioning.EncryptedTable.Keys);
    }

    [Fact]
    public void The_assembly_names_its_tables() => Assert.Equal(
        PmmModel.Instance.Tables.OrderBy(table => table.Name, StringComparer.Ordinal),
        typeof(Agent).Assembly.GetCustomAttributes(typeof(EncryptedTableAttribute), inherit: false)
            .Cast<EncryptedTableAttribute>().Select(attribute => attribute.Table).OrderBy(table => table.Name, StringComparer.Ordinal));

    private static IEnumerable<(string Name, StoredFormats Formats)> Fields(EncryptedTable table) =>
        table.Fields.Select(field => (field.Name, field.Formats));
}
