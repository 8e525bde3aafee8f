using System.CommandLine;

namespace PmmCrypt.Tool;

/// <summary>The options that every verb accepts: where the database is, where the key is, what is encrypted, and how to report.</summary>
internal sealed class GlobalOptions
{
    public readonly Option<string?> Connection = New<string?>(
        "--connection", "The database: an Npgsql connection string, a postgres:// URL, or sqlite:FILE", "STRING");

    public readonly Option<string?> PostgresAddr = New<string?>(
        "--postgres-addr", "PostgreSQL's host and port [PMM_POSTGRES_ADDR; default: 127.0.0.1:5432]", "HOST:PORT");

    public readonly Option<string?> PostgresName = New<string?>(
        "--postgres-name", "The database's name [PMM_POSTGRES_DBNAME; default: pmm-managed]", "NAME");

    public readonly Option<string?> PostgresUsername = New<string?>(
        "--postgres-username", "The role to log in as [PMM_POSTGRES_USERNAME; default: pmm-managed]", "NAME");

    public readonly Option<string?> PostgresPassword = New<string?>(
        "--postgres-password",
        "Its password, or - to be asked for it. Better in PMM_POSTGRES_DBPASSWORD, PGPASSWORD or PGPASSFILE [default: pmm-managed]",
        "PASSWORD");

    public readonly Option<string?> PostgresSslMode = New<string?>(
        "--postgres-ssl-mode", "disable, require, verify-ca or verify-full [PMM_POSTGRES_SSL_MODE; default: disable]", "MODE");

    public readonly Option<string?> PostgresSslCaPath = New<string?>(
        "--postgres-ssl-ca-path", "The certificate authority's file [PMM_POSTGRES_SSL_CA_PATH]", "FILE");

    public readonly Option<string?> PostgresSslKeyPath = New<string?>(
        "--postgres-ssl-key-path",
        "The client's key file; the password of an encrypted one in PMM_POSTGRES_SSL_KEY_PASSWORD [PMM_POSTGRES_SSL_KEY_PATH]", "FILE");

    public readonly Option<string?> PostgresSslCertPath = New<string?>(
        "--postgres-ssl-cert-path", "The client's certificate file [PMM_POSTGRES_SSL_CERT_PATH]", "FILE");

    public readonly Option<string?> KeyFile = New<string?>(
        "--key-file", "The key file [PMM_ENCRYPTION_KEY_PATH; default: /srv/pmm-encryption.key]", "FILE");

    public readonly Option<string?> Assembly = New<string?>(
        "--assembly", "What is encrypted: the [Encrypted] entities of this assembly, in place of PMM's tables", "YourService.dll");

    public readonly Option<TimeSpan?> LockTimeout = Seconds(
        "--lock-timeout", "How long to wait for another run that holds a lock, in seconds [default: 5]");

    public readonly Option<bool> Json = new("--json") { Description = "Print one JSON document on standard output", Recursive = true };

    /// <summary>All of them, in the order of the help.</summary>
    public IEnumerable<Option> All =>
    [
        Connection, PostgresAddr, PostgresName, PostgresUsername, PostgresPassword, PostgresSslMode, PostgresSslCaPath, PostgresSslKeyPath,
        PostgresSslCertPath, KeyFile, Assembly, LockTimeout, Json,
    ];

    /// <summary>An option that takes a number of seconds.</summary>
    public static Option<TimeSpan?> Seconds(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SECONDS",
        Recursive = true,
        CustomParser = Durations.ParseSeconds,
    };

    private static Option<T> New<T>(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Recursive = true };
}
