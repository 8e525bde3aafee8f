using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PmmCrypt.Testing;

/// <summary>
/// A cluster that is reached over TLS alone, but for its socket and the superuser: its certificate is for <c>localhost</c>, and by a
/// certificate authority that nobody knows; the role <see cref="CertificateRole"/> has to show a certificate by the same one.
/// </summary>
public sealed class TlsCluster : IAsyncDisposable
{
    /// <summary>May log in over TLS.</summary>
    public const string Role = "over_tls";

    /// <summary>May log in over TLS with a certificate.</summary>
    public const string CertificateRole = "with_certificate";

    /// <summary>The password of the encrypted client key.</summary>
    public const string KeyPassword = "MARKED key p@ss";

    private static readonly DateTimeOffset Yesterday = DateTimeOffset.UtcNow.AddDays(-1);

    private readonly TempFolder _folder = new();
    private readonly PrivateCluster _cluster;

    private TlsCluster(PrivateCluster cluster) => _cluster = cluster;

    /// <summary>The server as its superuser reaches it, without TLS.</summary>
    public PostgresServer Server => _cluster.Server;

    /// <summary>The folder of its socket.</summary>
    public string SocketFolder => Path.GetDirectoryName(_cluster.Data)!;

    /// <summary>The authority's certificate.</summary>
    public string Authority => _folder["authority.pem"];

    /// <summary>The certificate of another authority.</summary>
    public string Stranger => _folder["stranger.pem"];

    /// <summary>The client's certificate.</summary>
    public string ClientCertificate => _folder["client.pem"];

    /// <summary>The client's key.</summary>
    public string ClientKey => _folder["client.key"];

    /// <summary>The client's key, encrypted.</summary>
    public string EncryptedClientKey => _folder["client-encrypted.key"];

    /// <summary>Makes and starts it.</summary>
    public static async Task<TlsCluster> StartAsync()
    {
        var cluster = new TlsCluster(await PrivateCluster.StartAsync(durable: false, "listen_addresses=127.0.0.1,::1"));
        try
        {
            await cluster.TurnOnAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    private async Task TurnOnAsync()
    {
        using var authority = MakeAuthority("an authority of these tests");
        using var stranger = MakeAuthority("another authority");
        File.WriteAllText(Authority, authority.ExportCertificatePem());
        File.WriteAllText(Stranger, stranger.ExportCertificatePem());
        using (var client = Issue(authority, CertificateRole, name: null))
        {
            using var key = client.GetECDsaPrivateKey()!;
            File.WriteAllText(ClientCertificate, client.ExportCertificatePem());
            File.WriteAllText(ClientKey, key.ExportPkcs8PrivateKeyPem());
            File.WriteAllText(
                EncryptedClientKey,
                key.ExportEncryptedPkcs8PrivateKeyPem(
                    KeyPassword, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 10_000)));
            foreach (var file in new[] { ClientKey, EncryptedClientKey }) KeepFromOthers(file);
        }

        using (var server = Issue(authority, "a server of these tests", name: "localhost"))
        {
            using var key = server.GetECDsaPrivateKey()!;
            await WriteForServerAsync("server.crt", server.ExportCertificatePem());
            await WriteForServerAsync("server.key", key.ExportPkcs8PrivateKeyPem());
            await WriteForServerAsync("authority.crt", authority.ExportCertificatePem());
        }

        await WriteForServerAsync(
            "pg_hba.conf",
            $"""
            local   all all trust
            host    all postgres all trust
            hostssl all {CertificateRole} all cert
            hostssl all all all trust

            """);
        await Server.ExecuteAsync($"CREATE ROLE {Role} SUPERUSER LOGIN; CREATE ROLE {CertificateRole} SUPERUSER LOGIN");
        foreach (var setting in new[] { "ssl = on", "ssl_ca_file = 'authority.crt'" })
            await Server.ExecuteAsync($"ALTER SYSTEM SET {setting}");
        await _cluster.RestartAsync();
    }

    /// <summary>Writes a file into the data folder that the server's user alone may read.</summary>
    private async Task WriteForServerAsync(string name, string content)
    {
        var path = Path.Combine(_cluster.Data, name);
        await File.WriteAllTextAsync(path, content);
        KeepFromOthers(path);
        if (Environment.IsPrivilegedProcess) (await Cli.RunAsync("chown", ["postgres", path])).EnsureSuccess();
    }

    private static void KeepFromOthers(string file)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(Yesterday, Yesterday.AddDays(3));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string subject, string? name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        if (name is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
        }

        using var issued = request.Create(authority, Yesterday, Yesterday.AddDays(2), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
