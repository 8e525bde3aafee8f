using System.CommandLine;
using System.Globalization;
using Npgsql;
using PmmCrypt.PostgreSql;

namespace PmmCrypt.Tool.Databases;

/// <summary>Where the database is in the words of PMM's own tools: options, else PMM_POSTGRES_ variables, else PMM's defaults.</summary>
internal static class PmmConnection
{
    private const string Preset = "pmm-managed";
    private const int DefaultPort = 5432;

    /// <summary>The database's name.</summary>
    public static string DatabaseName(ParseResult parsed, GlobalOptions options) =>
        parsed.GetValue(options.PostgresName) ?? Variable("PMM_POSTGRES_DBNAME") ?? Preset;

    public static PostgresTarget Read(ParseResult parsed, GlobalOptions options, Func<string> askPassword)
    {
        var (host, port) = Address(Value(options.PostgresAddr, "PMM_POSTGRES_ADDR") ?? $"127.0.0.1:{DefaultPort}");
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = host,
            Port = port,
            Database = DatabaseName(parsed, options),
            Username = Value(options.PostgresUsername, "PMM_POSTGRES_USERNAME") ?? Preset,
            SslMode = Mode(Value(options.PostgresSslMode, "PMM_POSTGRES_SSL_MODE") ?? "disable"),
        };
        if (Value(options.PostgresSslCaPath, "PMM_POSTGRES_SSL_CA_PATH") is { } authority)
            connection.RootCertificate = authority;
        if (Value(options.PostgresSslKeyPath, "PMM_POSTGRES_SSL_KEY_PATH") is { } key)
            connection.SslKey = key;
        if (Value(options.PostgresSslCertPath, "PMM_POSTGRES_SSL_CERT_PATH") is { } certificate)
            connection.SslCertificate = certificate;
        if (Password() is { } password)
            connection.Password = password;
        return DatabaseLocation.Target(connection.ConnectionString);

        string? Value(Option<string?> option, string variable) => parsed.GetValue(option) ?? Variable(variable);

        // PGPASSWORD and PGPASSFILE are Npgsql's to read, and go before PMM's default.
        string? Password() => parsed.GetValue(options.PostgresPassword) switch
        {
            "-" => askPassword(),
            null => Variable("PMM_POSTGRES_DBPASSWORD") ?? ((Variable("PGPASSWORD") ?? Variable("PGPASSFILE")) is null ? Preset : null),
            var given => given,
        };
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <summary>host, host:port, [address]:port, or the folder of a socket, with a port or without.</summary>
    private static (string Host, int Port) Address(string text)
    {
        var colon = text.LastIndexOf(':');
        var hasPort = colon >= 0 && (text.IndexOf(':', StringComparison.Ordinal) == colon || text[colon - 1] == ']');
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        if (!hasPort)
            return (host, DefaultPort);
        if (host.Length > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= 65535)
            return (host, port);
        throw new UsageException($"'{text}' is no address", "write --postgres-addr HOST:PORT");
    }

    private static SslMode Mode(string text) => text switch
    {
        "disable" => SslMode.Disable,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new UsageException($"'{text}' is no SSL mode", "write disable, require, verify-ca or verify-full"),
    };
}
