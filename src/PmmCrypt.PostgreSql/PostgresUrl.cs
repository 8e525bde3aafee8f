using System.Globalization;
using Npgsql;

namespace PmmCrypt.PostgreSql;

/// <summary>Reads the URLs in which PostgreSQL's own programs take a connection, which Npgsql does not.</summary>
internal static class PostgresUrl
{
    public static bool IsUrl(string connection) =>
        connection.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) ||
        connection.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="FormatException">It is no such URL.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string url)
    {
        url = TakeSocketFolder(url, out var folder);
        // A # or / that is not escaped would end the login in the middle of a password: what stands before it would become the host, and
        // what stands behind it the database, which is shown.
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || url.Contains('#', StringComparison.Ordinal)
            || uri.AbsolutePath.Contains('@', StringComparison.Ordinal))
            throw new FormatException("Not a URL.");
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = folder ?? (uri.Host.Trim('[', ']') is { Length: > 0 } host ? Uri.UnescapeDataString(host) : "localhost"),
            Port = uri.Port > 0 ? uri.Port : 5432,
        };
        var login = uri.UserInfo.Split(':', 2);
        if (login[0].Length > 0)
            connection.Username = Uri.UnescapeDataString(login[0]);
        if (login.Length == 2)
            connection.Password = Uri.UnescapeDataString(login[1]);
        if (uri.AbsolutePath.Trim('/') is { Length: > 0 } database)
            connection.Database = Uri.UnescapeDataString(database);
        foreach (var parameter in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = parameter.Split('=', 2);
            Apply(connection, Uri.UnescapeDataString(parts[0]), parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "");
        }

        return connection;
    }

    /// <summary>
    /// A socket's folder stands where a host does, with its slashes escaped: <c>postgres://%2Frun%2Fpostgresql:5433/database</c>. No such host
    /// is one to .NET.
    /// </summary>
    private static string TakeSocketFolder(string url, out string? folder)
    {
        folder = null;
        var start = url.IndexOf("://", StringComparison.Ordinal) + "://".Length;
        var length = url.AsSpan(start).IndexOfAny("/?#");
        var authority = length < 0 ? url[start..] : url.Substring(start, length);
        var address = authority[(authority.LastIndexOf('@') + 1)..];
        if (!address.StartsWith("%2F", StringComparison.OrdinalIgnoreCase))
            return url;
        var host = address.Split(':')[0];
        folder = Uri.UnescapeDataString(host);
        var before = start + authority.Length - address.Length;
        return $"{url[..before]}localhost{url[(before + host.Length)..]}";
    }

    private static void Apply(NpgsqlConnectionStringBuilder connection, string name, string value)
    {
        switch (name)
        {
            case "host":
                connection.Host = value;
                break;
            case "port":
                connection.Port = int.Parse(value, CultureInfo.InvariantCulture);
                break;
            case "user":
                connection.Username = value;
                break;
            case "password":
                connection.Password = value;
                break;
            case "dbname":
                connection.Database = value;
                break;
            case "passfile":
                connection.Passfile = value;
                break;
            case "sslmode":
                connection.SslMode = value.All(c => char.IsAsciiLetter(c) || c == '-')
                    ? Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true)
                    : throw new FormatException("No such SSL mode.");
                break;
            case "sslrootcert":
                connection.RootCertificate = value;
                break;
            case "sslcert":
                connection.SslCertificate = value;
                break;
            case "sslkey":
                connection.SslKey = value;
                break;
            case "sslpassword":
                connection.SslPassword = value;
                break;
            case "connect_timeout":
                connection.Timeout = int.Parse(value, CultureInfo.InvariantCulture);
                break;
            case "application_name":
                break;      // this tool's sessions say what they are
            case "options":
                connection.Options = value;
                break;
            case "target_session_attrs":
                connection.TargetSessionAttributes = value;
                break;
            default:
                throw new FormatException($"{name} is no parameter that is known here.");
        }
    }
}
