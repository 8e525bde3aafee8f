using System.Text.Json.Nodes;
using PmmCrypt.Testing.Secrets;

namespace PmmCrypt.Testing.Pmm;

/// <summary>The rows of an invented PMM database in the clear: the mix and the sizes that a real one has.</summary>
public sealed class PmmRows(PmmSeed seed)
{
    /// <summary>When every row was made and last changed.</summary>
    public const string Stamp = "2026-01-02T03:04:05.678901";

    private static readonly string[] Exporters =
    [
        "mysqld_exporter", "postgres_exporter", "mongodb_exporter", "mysqld_exporter", "postgres_exporter",
        "mongodb_exporter", "mysqld_exporter", "rds_exporter", "azure_database_exporter", "valkey_exporter",
    ];

    private readonly Invented _invented = new(seed.Word);

    /// <summary>How many agents there are.</summary>
    public int Agents => seed.Rows;

    /// <summary>How many backup locations there are.</summary>
    public int Locations => Math.Max(1, seed.Rows / 100);

    /// <summary>Whether agent i is a pmm-agent, which has no secrets but, with quirks, a password in the clear.</summary>
    public static bool IsPmmAgent(int i) => i % 20 == 0;

    /// <summary>Whether the row's azure_options is a JSON string that holds an object, as the upgrade from PMM 2 left it.</summary>
    public bool HasOptionsAsString(int i) => seed.Quirks && i % 40 == 8;

    /// <summary>The key of agent i.</summary>
    public string AgentId(int i) => _invented.Uuid("agent", i);

    /// <summary>The key of backup location i.</summary>
    public string LocationId(int i) => _invented.Uuid("location", i);

    /// <summary>Every column of agent i.</summary>
    public JsonObject Agent(int i)
    {
        var isPmmAgent = IsPmmAgent(i);
        var type = isPmmAgent ? "pmm-agent" : Exporters[i % Exporters.Length];
        return new JsonObject
        {
            ["agent_id"] = AgentId(i),
            ["agent_type"] = type,
            ["runs_on_node_id"] = isPmmAgent ? "pmm-server" : null,
            ["pmm_agent_id"] = isPmmAgent ? null : AgentId(i - i % 20),
            ["custom_labels"] = i % 3 == 0 ? $$"""{"team":"t{{i % 7}}"}""" : null,
            ["created_at"] = Stamp,
            ["updated_at"] = Stamp,
            ["disabled"] = i % 11 == 0,
            ["status"] = "AGENT_STATUS_RUNNING",
            ["listen_port"] = 42000 + i % 1000,
            ["version"] = null,
            ["username"] = isPmmAgent ? null : Marked($"user-{i}"),
            ["password"] = isPmmAgent ? null : Password("password", i),
            ["tls"] = i % 2 == 0,
            ["tls_skip_verify"] = false,
            ["node_id"] = null,
            ["service_id"] = isPmmAgent ? null : "service-1",
            ["mongo_options"] = type == "mongodb_exporter" ? Mongo(i) : [],
            ["azure_options"] = type == "azure_database_exporter" ? Azure(i) : [],
            ["mysql_options"] = type == "mysqld_exporter" ? MySql(i) : [],
            ["postgresql_options"] = type == "postgres_exporter" ? PostgreSql(i) : [],
            ["agent_password"] = AgentPassword(i),
            ["process_exec_path"] = null,
            ["log_level"] = null,
            ["exporter_options"] = new JsonObject { ["push_metrics"] = true, ["metrics_path"] = "/metrics" },
            ["qan_options"] = null,
            ["aws_options"] = type == "rds_exporter" ? Aws(i) : [],
            ["valkey_options"] = type == "valkey_exporter" ? Valkey(i) : null,
            ["environment_variables"] = null,
            ["is_connected"] = false,
            ["rta_options"] = null,
        };
    }

    /// <summary>Every column of backup location i.</summary>
    public JsonObject Location(int i) => new()
    {
        ["id"] = LocationId(i),
        ["name"] = $"location-{i}",
        ["description"] = "",
        ["type"] = "s3",
        ["s3_config"] = new JsonObject
        {
            ["endpoint"] = "https://s3.example.com",
            ["access_key"] = $"AKIA{MarkedText(16, "s3 access", i)}",
            ["secret_key"] = MarkedText(40, "s3 secret", i),
            ["bucket_name"] = $"b{i}",
            ["bucket_region"] = "eu-west-1",
        },
        ["filesystem_config"] = null,
        ["created_at"] = Stamp,
        ["updated_at"] = Stamp,
    };

    private JsonObject MySql(int i) => WithUnknownMember(new JsonObject
    {
        ["tls_ca"] = _invented.Pem("CERTIFICATE", 900, "mysql ca", i),
        ["tls_cert"] = Certificate(_invented.Size(1100, 1700, "mysql cert size", i), "mysql cert", i),
        ["tls_key"] = PrivateKey(_invented.Size(1600, 2300, "mysql key size", i), "mysql key", i),
        ["table_count"] = i % 5 == 0 ? null : 100 + i,
        ["table_count_tablestats_group_limit"] = 1000,
        ["extra_dsn_params"] = null,
    });

    private JsonObject PostgreSql(int i) => WithUnknownMember(new JsonObject
    {
        ["ssl_ca"] = "",
        ["ssl_cert"] = Certificate(_invented.Size(1100, 1700, "postgres cert size", i), "postgres cert", i),
        ["ssl_key"] = PrivateKey(1700, "postgres key", i),
        ["auto_discovery_limit"] = null,
        ["database_count"] = i % 50,
        ["pgsm_version"] = "2.1.0",
        ["max_exporter_connections"] = 5,
    });

    private JsonObject Mongo(int i) => new()
    {
        ["tls_certificate_key"] = PrivateKey(_invented.Size(2500, 3200, "mongo key size", i), "mongo key", i),
        ["tls_certificate_key_file_password"] = i % 2 == 0 ? "" : Password("mongo", i),
        ["tls_ca"] = "",
        ["authentication_mechanism"] = "SCRAM-SHA-256",
        ["authentication_database"] = "",
        ["stats_collections"] = new JsonArray("db.c1", "db.c2"),
        ["collections_limit"] = 200,
        ["enable_all_collectors"] = false,
    };

    private JsonObject Aws(int i)
    {
        var isNull = seed.Quirks && i % 40 == 7;
        return new JsonObject
        {
            ["aws_access_key"] = isNull ? null : $"AKIA{MarkedText(16, "aws access", i)}",
            ["aws_secret_key"] = isNull ? null : MarkedText(40, "aws secret", i),
            ["rds_basic_metrics_disabled"] = false,
            ["rds_enhanced_metrics_disabled"] = true,
        };
    }

    private JsonObject Azure(int i) => new()
    {
        ["subscription_id"] = _invented.Uuid("azure subscription", i),
        ["client_id"] = _invented.Uuid("azure client", i),
        ["client_secret"] = MarkedText(34, "azure secret", i),
        ["tenant_id"] = _invented.Uuid("azure tenant", i),
        ["resource_group"] = "pmm",
    };

    private JsonObject Valkey(int i) => new()
    {
        ["tls"] = true,
        ["ssl_ca"] = "",
        ["ssl_cert"] = Certificate(1200, "valkey cert", i),
        ["ssl_key"] = PrivateKey(1700, "valkey key", i),
    };

    private JsonObject WithUnknownMember(JsonObject options)
    {
        if (!seed.Quirks) return options;
        options["future_option"] = JsonNode.Parse("""{"nested":[1,2.5,"ключ",{"deep":null}],"quo\"te":true}""");
        return options;
    }

    private string? AgentPassword(int i)
    {
        if (i % 4 == 1) return Password("agent password", i);
        return seed.Quirks && i % 40 == 0 ? $"clear-{i}" : null;   // PMM 3.x wrote those of pmm-agents back in the clear
    }

    private string Password(string purpose, int i) => (i % 97) switch
    {
        5 => Marked($"пароль-密码-🔐-{i}"),
        7 when seed.Quirks => "AeEBAg==",                                                            // base64 of 0x01 and too little
        11 when seed.Quirks => Convert.ToBase64String([1, .. _invented.Bytes(64, "look-alike", i)]),  // a ciphertext's shape, no known key
        13 => Marked($"q\"uo'te\\back\tslash\n{i}"),
        _ => MarkedText(_invented.Size(8, 40, $"{purpose} size", i), purpose, i),
    };

    /// <summary>A secret that would be seen where it has no business; what has a form of its own, such as a UUID, is not marked.</summary>
    private static string Marked(string secret) => $"{SecretSearch.SeededMarker}-{secret}";

    /// <summary>The same in a text of so many characters, or a few more than the marker has.</summary>
    private string MarkedText(int length, string purpose, int i) =>
        SecretSearch.SeededMarker + _invented.Text(Math.Max(4, length - SecretSearch.SeededMarker.Length), purpose, i);

    private string Certificate(int length, string purpose, int i) =>
        _invented.Pem("CERTIFICATE", length, purpose, i, SecretSearch.SeededMarker);

    private string PrivateKey(int length, string purpose, int i) =>
        _invented.Pem("PRIVATE KEY", length, purpose, i, SecretSearch.SeededMarker);
}
