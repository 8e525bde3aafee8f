using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PmmCrypt.Testing.Pmm.Layouts;

/// <summary>A few rows in the clear: one for each place that PMM keeps a secret in, as a layout has it.</summary>
internal sealed class PmmLayoutRows(PmmLayout layout, bool withMySqlTls)
{
    private const string Pem = "-----BEGIN PRIVATE KEY-----\nnobody's+key/==\n-----END PRIVATE KEY-----\n";

    // As Go writes it, and the tool: no more is escaped than must be.
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private bool IsPmm2 => layout < PmmLayout.Pmm3;

    /// <summary>The service of every agent.</summary>
    public string ServiceId => Id("service_id", "service-1");

    /// <summary>The rows of a table; it may be one that the layout does not have, and then there are none.</summary>
    public IEnumerable<JsonObject> Of(string table) => table switch
    {
        "agents" => Agents(),
        "backup_locations" => [Location()],
        "adre_models" when layout == PmmLayout.Adre => [Model("with a key", "secret of a model"), Model("without", "")],
        "adre_provisioning" when layout == PmmLayout.Adre => [Provisioning()],
        _ => [],
    };

    private IEnumerable<JsonObject> Agents()
    {
        yield return Agent("pmm-agent", "pmm-agent", row =>
        {
            row["runs_on_node_id"] = "pmm-server";
            row["pmm_agent_id"] = null;
            row["service_id"] = null;
        });
        yield return Agent("mysql", "mysqld_exporter", row =>
        {
            row["username"] = "secret name";
            row["password"] = "secret \"пароль\" \\ of mysql";
            row["agent_password"] = "secret of the exporter";
            if (withMySqlTls)
                row["mysql_options"] = AsPmm2Text(new JsonObject { ["tls_ca"] = "ca", ["tls_cert"] = "", ["tls_key"] = Pem });
        });
        yield return Agent("postgresql", "postgres_exporter", row => row["postgresql_options"] = new JsonObject
        {
            ["ssl_ca"] = "ca", ["ssl_cert"] = "secret certificate", ["ssl_key"] = Pem, ["unknown"] = new JsonArray(1.5, null),
        });
        yield return Agent("mongodb", "mongodb_exporter", row => row[IsPmm2 ? "mongo_db_tls_options" : "mongo_options"] = new JsonObject
        {
            ["tls_certificate_key"] = Pem, ["tls_certificate_key_file_password"] = "secret of a file", ["tls_ca"] = "ca",
        });
        yield return Agent("rds", "rds_exporter", row => Aws(row, "AKIAsecret", "secret of aws"));
        yield return Agent("azure", "azure_database_exporter", row => row["azure_options"] = AsPmm2Text(Azure()));
        if (layout >= PmmLayout.WithValkey)
            yield return Agent("valkey", "valkey_exporter", row => row["valkey_options"] =
                new JsonObject { ["tls"] = true, ["ssl_cert"] = "secret certificate", ["ssl_key"] = Pem });
        if (IsPmm2)
            yield break;
        // As migration 107 leaves rows of PMM 2.
        yield return Agent("azure-of-pmm-2", "azure_database_exporter", row => row["azure_options"] = Text(Azure()));
        yield return Agent("nothing-of-pmm-2", "azure_database_exporter", row =>
        {
            row["aws_options"] = new JsonObject { ["aws_access_key"] = null, ["aws_secret_key"] = null };
            row["azure_options"] = new JsonObject();
        });
    }

    private JsonObject Agent(string id, string type, Action<JsonObject> fill)
    {
        var row = new JsonObject
        {
            ["agent_id"] = Id("agent_id", id),
            ["agent_type"] = type,
            ["pmm_agent_id"] = Id("agent_id", "pmm-agent"),
            ["created_at"] = PmmRows.Stamp,
            ["updated_at"] = PmmRows.Stamp,
            ["disabled"] = false,
            ["status"] = "AGENT_STATUS_RUNNING",
            ["tls"] = true,
            ["tls_skip_verify"] = false,
            ["service_id"] = ServiceId,
            ["is_connected"] = false,
            // Of PMM 2; what a layout has no column for is left out.
            ["query_examples_disabled"] = false,
            ["max_query_log_size"] = 1L << 40,
            ["table_count"] = 7,
            ["table_count_tablestats_group_limit"] = 1000,
            ["rds_basic_metrics_disabled"] = true,
            ["rds_enhanced_metrics_disabled"] = false,
            ["metrics_path"] = "/metrics",
            ["push_metrics"] = true,
            ["max_query_length"] = 2048,
            ["comments_parsing_disabled"] = false,
            ["expose_exporter"] = false,
        };
        fill(row);
        return row;
    }

    private void Aws(JsonObject row, string accessKey, string secretKey)
    {
        if (IsPmm2)
            (row["aws_access_key"], row["aws_secret_key"]) = (accessKey, secretKey);
        else
            row["aws_options"] = new JsonObject { ["aws_access_key"] = accessKey, ["aws_secret_key"] = secretKey };
    }

    private static JsonObject Azure() => new()
    {
        ["subscription_id"] = "secret subscription", ["client_id"] = "secret client", ["client_secret"] = "secret/of+azure==",
        ["tenant_id"] = "", ["resource_group"] = "pmm",
    };

    private static JsonObject Location() => new()
    {
        ["id"] = "location", ["name"] = "nightly", ["description"] = "", ["type"] = "s3", ["created_at"] = PmmRows.Stamp,
        ["updated_at"] = PmmRows.Stamp,
        ["s3_config"] = new JsonObject
        {
            ["endpoint"] = "e", ["access_key"] = "AKIAsecret", ["secret_key"] = "secret of s3", ["bucket_name"] = "b",
        },
    };

    private static JsonObject Model(string name, string key) =>
        new() { ["name"] = name, ["litellm_model"] = "m", ["api_base"] = "https://models.example.com", ["api_key"] = key };

    private static JsonObject Provisioning() => new()
    {
        ["id"] = true, ["holmes_api_key"] = "secret of holmes", ["pmm_sa_token"] = "secret of pmm", ["servicenow_api_key"] = "secret of sn",
        ["servicenow_client_token"] = "secret of the client", ["slack_bot_token"] = "secret of a bot", ["slack_app_token"] = "",
        ["alert_webhook_secret"] = "secret of a hook",
    };

    private JsonNode AsPmm2Text(JsonObject options) => IsPmm2 ? Text(options) : options;

    private static JsonValue Text(JsonObject options) => JsonValue.Create(options.ToJsonString(Json));

    private string Id(string column, string id) => layout == PmmLayout.Pmm2 ? $"/{column}/{id}" : id;
}
