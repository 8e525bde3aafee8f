using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;

namespace PmmCrypt.Pmm;

/// <summary>
/// A row of PMM Server's <c>agents</c>: an exporter or agent that PMM runs, and the credentials with which it reaches what it watches.
/// </summary>
/// <remarks>
/// Which columns and members are encrypted is PMM's own list, read off its public source (the struct tags of the successor, and the
/// default columns of 3.0 to 3.9). Only what a rotation needs is declared: other columns are never touched. The columns
/// <c>exporter_options</c>, <c>qan_options</c>, <c>rta_options</c> and <c>environment_variables</c> hold nothing that PMM encrypts.
/// The last three columns are those of PMM 2: its upgrade to PMM 3 (migration 107) moves what is in them into two of the others.
/// </remarks>
[Table("agents")]
public sealed partial class Agent
{
    /// <summary>The row's key.</summary>
    [Key, Column("agent_id")]
    public required string AgentId { get; init; }

    /// <summary>The name to log in with.</summary>
    [Encrypted, Column("username")]
    public string? Username { get; set; }

    /// <summary>The password to log in with.</summary>
    [Encrypted, Column("password")]
    public string? Password { get; set; }

    /// <summary>The password that protects the exporter's own endpoint.</summary>
    [Encrypted, Column("agent_password")]
    public string? AgentPassword { get; set; }

    /// <summary>Access to Amazon Web Services.</summary>
    [Column("aws_options")]
    public AwsOptions? AwsOptions { get; set; }

    /// <summary>Access to Azure.</summary>
    [Column("azure_options")]
    public AzureOptions? AzureOptions { get; set; }

    /// <summary>Access to MongoDB beyond name and password.</summary>
    [Column("mongo_options")]
    public MongoOptions? MongoOptions { get; set; }

    /// <summary>Access to MySQL beyond name and password.</summary>
    [Column("mysql_options")]
    public MySqlOptions? MySqlOptions { get; set; }

    /// <summary>Access to PostgreSQL beyond name and password.</summary>
    [Column("postgresql_options")]
    public PostgreSqlOptions? PostgreSqlOptions { get; set; }

    /// <summary>Access to Valkey beyond name and password.</summary>
    [Column("valkey_options")]
    public ValkeyOptions? ValkeyOptions { get; set; }

    /// <summary>PMM 2 alone: the access key's id, which is in <see cref="AwsOptions"/> since.</summary>
    [Encrypted, Column("aws_access_key")]
    public string? AwsAccessKey { get; set; }

    /// <summary>PMM 2 alone: the access key's secret, which is in <see cref="AwsOptions"/> since.</summary>
    [Encrypted, Column("aws_secret_key")]
    public string? AwsSecretKey { get; set; }

    /// <summary>PMM 2 alone: what is in <see cref="MongoOptions"/> since.</summary>
    [Column("mongo_db_tls_options")]
    public MongoOptions? MongoDbTlsOptions { get; set; }
}
