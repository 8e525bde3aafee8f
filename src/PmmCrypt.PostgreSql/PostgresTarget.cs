using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>Where a PostgreSQL database is, and how to log in.</summary>
public sealed class PostgresTarget
{
    private readonly NpgsqlConnectionStringBuilder _connection;

    /// <summary>Takes a connection string in Npgsql's words, or a <c>postgres://</c> URL.</summary>
    /// <param name="connection">The string.</param>
    /// <param name="keyPassword">Opens the client's key, where that is encrypted and the string does not say by what.</param>
    /// <exception cref="StoreException">It is neither.</exception>
    public PostgresTarget(string connection, string? keyPassword = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        try
        {
            if (string.IsNullOrWhiteSpace(connection))
                throw new FormatException("Nothing, which Npgsql would take for this machine's server.");
            _connection = PostgresUrl.IsUrl(connection) ? PostgresUrl.Parse(connection) : new NpgsqlConnectionStringBuilder(connection);
            // As PostgreSQL's own programs and PMM's driver have it: an authority that is named is not named in vain.
            if (_connection.SslMode == SslMode.Require && !string.IsNullOrEmpty(_connection.RootCertificate))
                _connection.SslMode = SslMode.VerifyCA;
            if (string.IsNullOrEmpty(_connection.Host))
                _connection.Host = "localhost";
            HasPassword = !string.IsNullOrEmpty(_connection.Password) || !string.IsNullOrEmpty(_connection.SslPassword);
            if (!string.IsNullOrEmpty(keyPassword) && string.IsNullOrEmpty(_connection.SslPassword))
                _connection.SslPassword = ClientCertificate.IsKeyEncrypted(_connection) ? keyPassword : null;
            if (DisplayName.Contains("://", StringComparison.Ordinal))
                throw new FormatException("A URL where a name is to stand would be shown with the password in it.");
            // Of several hosts the one that can be written to, whatever their order. Where there is one there is nothing to choose, and Npgsql
            // would refuse it: what cannot be written to, the plan finds.
            _connection.TargetSessionAttributes = !_connection.Host.Contains(',', StringComparison.Ordinal) ? null
                : _connection.TargetSessionAttributes ?? "prefer-primary";
            Build().Dispose();      // some of the settings, and the ports of several hosts, are looked at here alone
        }
        catch (Exception)
        {
            // Of whatever kind: Npgsql throws many. What is wrong is not repeated: the string may hold a password in any of its places.
            throw new StoreException(
                "the connection string is not one",
                "write it as Host=…;Port=…;Database=…;Username=… or as postgres://user@host:port/database");
        }
    }

    /// <summary>Host, port and database; no password.</summary>
    public string DisplayName =>
        $"{_connection.Database ?? _connection.Username} on {_connection.Host}"
        + $"{(_connection.Host?.StartsWith('/') == true ? "" : $":{_connection.Port}")}";

    /// <summary>Whether it says how to log in by a secret of its own.</summary>
    public bool HasPassword { get; }

    /// <summary>Refuses where the client's certificate cannot be used, and names its files.</summary>
    /// <exception cref="StoreException">It cannot.</exception>
    internal void RequireClientCertificate() => ClientCertificate.RequireUsable(_connection);

    /// <summary>Makes a source of connections. They are not pooled: a session of this tool ends with it.</summary>
    internal NpgsqlDataSource Build()
    {
        var settings = new NpgsqlConnectionStringBuilder(_connection.ConnectionString)
        {
            ApplicationName = PostgresConnections.ApplicationName,
            Pooling = false,
            CommandTimeout = 0,
            KeepAlive = 30,
            IncludeErrorDetail = false,
            Enlist = false,
        };
        if (_connection.Host?.Contains('/', StringComparison.Ordinal) != true)      // a socket has no such options, and would be refused
        {
            settings.TcpKeepAlive = true;       // also while an answer is waited for: a server gone without a word must not hold us for ever
            settings.TcpKeepAliveTime = 30;
            settings.TcpKeepAliveInterval = 10;
        }

        if (!_connection.ContainsKey("Timeout"))
            settings.Timeout = 15;
        // Looking for Kerberos credentials takes a multiple of the time of the whole login, and whoever has them says so.
        if (!_connection.ContainsKey("GssEncryptionMode") && Environment.GetEnvironmentVariable("PGGSSENCMODE") is null)
            settings.GssEncryptionMode = GssEncryptionMode.Disable;
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        // The types that are used here are built in. To look for others at connecting takes longer than a role's timeout may be.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        return builder.Build();
    }
}
