namespace PmmCrypt.Testing.Pmm.Layouts;

/// <summary>Makes the tables of a layout, and does to one what PMM's upgrade does.</summary>
internal static class PmmLayoutSchema
{
    private const string AgentsOfPmm2 = """
        DROP TABLE agents;
        CREATE TABLE agents (
          agent_id                           VARCHAR   NOT NULL,
          agent_type                         VARCHAR   NOT NULL CHECK (agent_type <> ''),
          runs_on_node_id                    VARCHAR   CHECK (runs_on_node_id <> ''),
          pmm_agent_id                       VARCHAR   CHECK (pmm_agent_id <> ''),
          custom_labels                      TEXT,
          created_at                         TIMESTAMP NOT NULL,
          updated_at                         TIMESTAMP NOT NULL,
          disabled                           BOOLEAN   NOT NULL,
          status                             VARCHAR   NOT NULL,
          listen_port                        INTEGER,
          version                            VARCHAR   CHECK (version <> ''),
          username                           VARCHAR   CHECK (username <> ''),
          password                           VARCHAR   CHECK (password <> ''),
          tls                                BOOLEAN   NOT NULL,
          tls_skip_verify                    BOOLEAN   NOT NULL,
          query_examples_disabled            BOOLEAN   NOT NULL,
          max_query_log_size                 BIGINT    NOT NULL,
          table_count                        INTEGER,
          table_count_tablestats_group_limit INTEGER   NOT NULL,
          node_id                            VARCHAR   CHECK (node_id <> ''),
          service_id                         VARCHAR   CHECK (service_id <> ''),
          aws_access_key                     VARCHAR,
          aws_secret_key                     VARCHAR,
          rds_basic_metrics_disabled         BOOLEAN   NOT NULL,
          rds_enhanced_metrics_disabled      BOOLEAN   NOT NULL,
          metrics_path                       VARCHAR   CHECK (metrics_path <> ''),
          metrics_scheme                     VARCHAR,
          push_metrics                       BOOLEAN   NOT NULL,
          mongo_db_tls_options               JSONB,
          disabled_collectors                VARCHAR[],
          azure_options                      VARCHAR,
          mysql_options                      VARCHAR,
          postgresql_options                 JSONB,
          agent_password                     VARCHAR   CHECK (agent_password <> ''),
          process_exec_path                  TEXT,
          log_level                          VARCHAR,
          max_query_length                   INTEGER   NOT NULL,
          comments_parsing_disabled          BOOLEAN   NOT NULL,
          expose_exporter                    BOOLEAN   NOT NULL,
          metrics_resolutions                JSONB,
          PRIMARY KEY (agent_id),
          CONSTRAINT agents_runs_on_node_id_fkey FOREIGN KEY (runs_on_node_id) REFERENCES nodes (node_id),
          CONSTRAINT agents_pmm_agent_id_fkey FOREIGN KEY (pmm_agent_id) REFERENCES agents (agent_id),
          CONSTRAINT agents_node_id_fkey FOREIGN KEY (node_id) REFERENCES nodes (node_id),
          CONSTRAINT agents_service_id_fkey FOREIGN KEY (service_id) REFERENCES services (service_id),
          CONSTRAINT runs_on_node_id_xor_pmm_agent_id CHECK ((runs_on_node_id IS NULL) <> (pmm_agent_id IS NULL))
        );
        """;

    private const string Adre = """
        CREATE TABLE adre_models (
          id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          name          VARCHAR UNIQUE,
          litellm_model VARCHAR NOT NULL,
          api_base      VARCHAR NOT NULL,
          api_key       VARCHAR NOT NULL DEFAULT ''
        );
        CREATE TABLE adre_provisioning (
          id                      BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (id),
          holmes_api_key          VARCHAR NOT NULL DEFAULT '',
          pmm_sa_token            VARCHAR NOT NULL DEFAULT '',
          servicenow_api_key      VARCHAR NOT NULL DEFAULT '',
          servicenow_client_token VARCHAR NOT NULL DEFAULT '',
          slack_bot_token         VARCHAR NOT NULL DEFAULT '',
          slack_app_token         VARCHAR NOT NULL DEFAULT '',
          alert_webhook_secret    VARCHAR NOT NULL DEFAULT ''
        );
        """;

    /// <summary>
    /// What PMM 3's migrations do to a database of PMM 2, as far as columns with secrets are concerned: 107, then the later ones.
    /// </summary>
    public const string UpgradeFromPmm2 = """
        BEGIN;
        ALTER TABLE agents RENAME COLUMN mongo_db_tls_options TO mongo_options;
        ALTER TABLE agents
          ADD COLUMN exporter_options JSONB, ADD COLUMN qan_options JSONB, ADD COLUMN aws_options JSONB,
          ALTER COLUMN azure_options TYPE JSONB USING to_jsonb(azure_options),
          ALTER COLUMN mysql_options TYPE JSONB USING to_jsonb(mysql_options);
        UPDATE agents SET exporter_options = '{}', qan_options = '{}', aws_options = '{}';
        UPDATE agents SET mongo_options = '{}' WHERE mongo_options IS NULL;
        UPDATE agents SET azure_options = '{}' WHERE azure_options IS NULL;
        UPDATE agents SET mysql_options = '{}' WHERE mysql_options IS NULL;
        UPDATE agents SET postgresql_options = '{}' WHERE postgresql_options IS NULL;
        UPDATE agents SET
          aws_options['aws_access_key'] = to_jsonb(aws_access_key), aws_options['aws_secret_key'] = to_jsonb(aws_secret_key),
          aws_options['rds_basic_metrics_disabled'] = to_jsonb(rds_basic_metrics_disabled),
          aws_options['rds_enhanced_metrics_disabled'] = to_jsonb(rds_enhanced_metrics_disabled);
        UPDATE agents SET
          mysql_options['table_count'] = to_jsonb(table_count),
          mysql_options['table_count_tablestats_group_limit'] = to_jsonb(table_count_tablestats_group_limit);
        UPDATE agents SET
          exporter_options['push_metrics'] = to_jsonb(push_metrics), exporter_options['metrics_path'] = to_jsonb(metrics_path);
        ALTER TABLE agents
          DROP COLUMN query_examples_disabled, DROP COLUMN max_query_log_size, DROP COLUMN table_count,
          DROP COLUMN table_count_tablestats_group_limit, DROP COLUMN aws_access_key, DROP COLUMN aws_secret_key,
          DROP COLUMN rds_basic_metrics_disabled, DROP COLUMN rds_enhanced_metrics_disabled, DROP COLUMN metrics_path,
          DROP COLUMN metrics_scheme, DROP COLUMN push_metrics, DROP COLUMN disabled_collectors, DROP COLUMN max_query_length,
          DROP COLUMN comments_parsing_disabled, DROP COLUMN expose_exporter, DROP COLUMN metrics_resolutions;
        ALTER TABLE agents ADD COLUMN valkey_options JSONB;
        UPDATE agents SET valkey_options = '{}';
        INSERT INTO schema_migrations SELECT generate_series(107, 119);
        COMMIT;
        """;

    /// <summary>The statements that make a layout's tables.</summary>
    public static string Of(PmmLayout layout) => string.Join(
        '\n',
        new[]
        {
            PmmWriter.Schema,
            layout < PmmLayout.Pmm3 ? AgentsOfPmm2 : "",
            layout is PmmLayout.Pmm3 ? "ALTER TABLE agents DROP COLUMN valkey_options;" : "",
            layout is PmmLayout.Pmm3 or PmmLayout.WithValkey
                ? "ALTER TABLE agents DROP COLUMN environment_variables, DROP COLUMN is_connected, DROP COLUMN rta_options;" : "",
            layout <= PmmLayout.WithValkey ? "ALTER TABLE nodes DROP COLUMN is_pmm_server_node;" : "",
            layout <= PmmLayout.Pmm3 ? "ALTER TABLE nodes DROP COLUMN instance_id;" : "",
            layout == PmmLayout.Adre ? Adre : "",
            $"INSERT INTO schema_migrations SELECT generate_series(1, {(int)layout});",
        });
}
