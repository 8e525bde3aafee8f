using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using PmmCrypt.Rotation.Stores;

namespace PmmCrypt.PostgreSql;

/// <summary>The certificate that this tool shows to a server that asks for one, and the key of it.</summary>
internal static class ClientCertificate
{
    private const string EncryptedKey = "-----BEGIN ENCRYPTED PRIVATE KEY-----";

    /// <summary>Whether the client's key is there, and encrypted.</summary>
    public static bool IsKeyEncrypted(NpgsqlConnectionStringBuilder connection)
    {
        try
        {
            return KeyFileOf(connection) is { } key && File.ReadAllText(key).Contains(EncryptedKey, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;       // whoever uses it says so
        }
    }

    /// <summary>Tries it, for the provider's own errors do not say which file is wrong.</summary>
    /// <exception cref="StoreException">It cannot be used.</exception>
    public static void RequireUsable(NpgsqlConnectionStringBuilder connection)
    {
        if (connection.SslMode == SslMode.Disable || KeyFileOf(connection) is not { } key)
            return;
        var certificate = connection.SslCertificate!;
        var isEncrypted = IsKeyEncrypted(connection);
        try
        {
            using var usable = isEncrypted && !string.IsNullOrEmpty(connection.SslPassword)
                ? X509Certificate2.CreateFromEncryptedPemFile(certificate, connection.SslPassword, key)
                : X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StoreException(
                $"the client's certificate {certificate} cannot be used with the key {key}: {e.Message}",
                isEncrypted
                    ? "the key is encrypted: give its password in PMM_POSTGRES_SSL_KEY_PASSWORD"
                    : "give the files of a certificate and of its key, both PEM; an encrypted key as PKCS#8 (openssl pkcs8 -topk8)",
                e);
        }
    }

    /// <summary>
    /// The file with the client's key; null where there is none, or it is in a PKCS#12 file, which the provider reads itself.
    /// </summary>
    private static string? KeyFileOf(NpgsqlConnectionStringBuilder connection) =>
        connection.SslCertificate is not { Length: > 0 } certificate ? null
        : certificate.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase) ? null
        : connection.SslKey is { Length: > 0 } key ? key
        : certificate;
}
