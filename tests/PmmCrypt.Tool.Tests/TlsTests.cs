using System.Net;
using System.Net.NetworkInformation;
using Npgsql;
using PmmCrypt.Testing;
using PmmCrypt.Testing.Pmm;
using PmmCrypt.Testing.Tink;

namespace PmmCrypt.Tool.Tests;

/// <summary>The ways to a database: over TLS in each of PMM's modes, with a certificate, over a socket, by a URL, over IPv6.</summary>
[Trait("Category", "Slow")]
public sealed class TlsTests(TlsTests.Site site) : IClassFixture<TlsTests.Site>
{
    [SkippableTheory]
    [InlineData("disable", "localhost", null, false, "no encryption")]
    [InlineData("require", "127.0.0.1", null, true, "")]
    [InlineData("require", "localhost", "authority", true, "")]
    [InlineData("require", "localhost", "stranger", false, "encrypted connection")]      // as PMM's driver: an authority that is named counts
    [InlineData("verify-ca", "localhost", "authority", true, "")]
    [InlineData("verify-ca", "127.0.0.1", "authority", true, "")]               // whoever it is
    [InlineData("verify-ca", "localhost", "stranger", false, "encrypted connection")]
    [InlineData("verify-ca", "localhost", null, false, "encrypted connection")]
    [InlineData("verify-full", "localhost", "authority", true, "")]
    [InlineData("verify-full", "127.0.0.1", "authority", false, "encrypted connection")]
    [InlineData("verify-full", "localhost", "stranger", false, "encrypted connection")]
    public async Task Each_mode_lets_in_whom_it_should(string mode, string host, string? authority, bool isLetIn, string why)
    {
        var cluster = site.Require();
        var path = authority switch { "authority" => cluster.Authority, "stranger" => cluster.Stranger, _ => null };
        string[] options =
        [
            "--postgres-addr", $"{host}:{site.Port}", "--postgres-ssl-mode", mode,
            .. path is null ? Array.Empty<string>() : ["--postgres-ssl-ca-path", path],
        ];
        var variables = new Dictionary<string, string?>
        {
            ["PMM_POSTGRES_ADDR"] = $"{host}:{site.Port}",
            ["PMM_POSTGRES_SSL_MODE"] = mode,
            ["PMM_POSTGRES_SSL_CA_PATH"] = path,
            ["PMM_POSTGRES_USERNAME"] = TlsCluster.Role,
            ["PMM_POSTGRES_DBNAME"] = site.Pmm.Database.Name,
        };

        var byOptions = await site.RunAsync(["verify", .. options, .. site.As(TlsCluster.Role)]);
        var byVariables = await site.RunAsync(["verify"], variables);
        var url = $"postgres://{TlsCluster.Role}@{host}:{site.Port}/{site.Pmm.Database.Name}?sslmode={mode}"
            + (path is null ? "" : $"&sslrootcert={Uri.EscapeDataString(path)}");
        var byUrl = await site.RunAsync(["verify", "--connection", url]);

        var words = $"Host={host};Port={site.Port};Username={TlsCluster.Role};Database={site.Pmm.Database.Name};SSL Mode={mode.Replace("-", "")}"
            + (path is null ? "" : $";Root Certificate={path}");
        var byWords = await site.RunAsync(["verify", "--connection", words]);

        foreach (var result in new[] { byOptions, byVariables, byUrl, byWords })
        {
            if (isLetIn) result.Ends(0);
            else result.Fails(8).Says(why);
        }
    }

    [SkippableFact]
    public async Task A_certificate_that_is_required_is_shown()
    {
        var cluster = site.Require();
        string[] options = ["verify", .. site.Verified, .. site.As(TlsCluster.CertificateRole)];

        (await site.RunAsync(options)).Fails(8).Says("certificate");
        (await site.RunAsync(
            [.. options, "--postgres-ssl-cert-path", cluster.ClientCertificate, "--postgres-ssl-key-path", cluster.ClientKey])).Ends(0);
        (await site.RunAsync(["verify", .. site.As(TlsCluster.CertificateRole)], new Dictionary<string, string?>
        {
            ["PMM_POSTGRES_ADDR"] = $"localhost:{site.Port}",
            ["PMM_POSTGRES_SSL_MODE"] = "verify-full",
            ["PMM_POSTGRES_SSL_CA_PATH"] = cluster.Authority,
            ["PMM_POSTGRES_SSL_CERT_PATH"] = cluster.ClientCertificate,
            ["PMM_POSTGRES_SSL_KEY_PATH"] = cluster.ClientKey,
        })).Ends(0);
        (await site.RunAsync(
            ["verify", .. site.Verified, .. site.As(TlsCluster.Role), "--postgres-ssl-cert-path", cluster.ClientCertificate,
             "--postgres-ssl-key-path", cluster.Authority])).Fails(8).Says(cluster.Authority);
    }

    [SkippableFact]
    public async Task An_encrypted_client_key_opens_by_its_password_which_is_not_shown()
    {
        var cluster = site.Require();
        string[] options =
        [
            "verify", .. site.Verified, .. site.As(TlsCluster.CertificateRole), "--postgres-ssl-cert-path", cluster.ClientCertificate,
            "--postgres-ssl-key-path", cluster.EncryptedClientKey,
        ];
        Dictionary<string, string?> With(string? password) => new() { ["PMM_POSTGRES_SSL_KEY_PASSWORD"] = password };

        (await site.RunAsync(options, With(TlsCluster.KeyPassword))).Ends(0);
        (await site.RunAsync(options, With(null))).Fails(8).Says("PMM_POSTGRES_SSL_KEY_PASSWORD");
        var wrong = (await site.RunAsync(options, With("another MARKED word"))).Fails(8).Says(cluster.EncryptedClientKey);
        wrong.Require(!wrong.Error.Contains("MARKED", StringComparison.Ordinal), "not to show a password");
        var url = $"postgres://{TlsCluster.CertificateRole}@localhost:{site.Port}/{site.Pmm.Database.Name}?sslmode=verify-full"
            + $"&sslrootcert={cluster.Authority}&sslcert={cluster.ClientCertificate}&sslkey={cluster.EncryptedClientKey}"
            + $"&sslpassword={Uri.EscapeDataString(TlsCluster.KeyPassword)}";
        var byUrl = (await site.RunAsync(["verify", "--connection", url])).Ends(0).Says("warning: a password on the command line");
        byUrl.Require(!byUrl.Error.Contains("MARKED", StringComparison.Ordinal), "not to show a password");
    }

    [SkippableFact]
    public async Task A_rotation_goes_over_TLS_on_every_connection()
    {
        site.Require();

        (await site.RunAsync(["rotate", .. site.Verified, .. site.As(TlsCluster.Role)])).Ends(0);

        (await site.Pmm.CheckAsync(site.Keys.OpenPrimary)).EnsureAsSeeded();
    }

    [SkippableFact]
    public async Task A_socket_is_reached_by_its_folder()
    {
        var cluster = site.Require();
        var folder = cluster.SocketFolder;
        var database = site.Pmm.Database.Name;

        (await site.RunAsync(["verify", "--postgres-addr", $"{folder}:{site.Port}", .. site.As("postgres")])).Ends(0);
        (await site.RunAsync(["verify", "--connection", $"Host={folder};Port={site.Port};Username=postgres;Database={database}"])).Ends(0);
        (await site.RunAsync(["verify", "--connection", $"postgres://postgres@{Uri.EscapeDataString(folder)}:{site.Port}/{database}"]))
            .Ends(0);
        (await site.RunAsync(
            ["verify", "--connection", $"postgres:///{database}?host={folder}&port={site.Port}&user=postgres"])).Ends(0);
        (await site.RunAsync(["verify", "--postgres-addr", folder, .. site.As("postgres")])).Fails(8).Says(folder);
    }

    [SkippableFact]
    public async Task IPv6_is_an_address_as_any_other()
    {
        site.Require();
        Skip.IfNot(HasIPv6(), "This machine has no ::1.");
        var database = site.Pmm.Database.Name;

        (await site.RunAsync(["verify", "--postgres-addr", $"[::1]:{site.Port}", .. site.As("postgres")])).Ends(0);
        (await site.RunAsync(["verify", "--connection", $"postgres://postgres@[::1]:{site.Port}/{database}"])).Ends(0);
        (await site.RunAsync(["verify", "--connection", $"Host=::1;Port={site.Port};Username=postgres;Database={database}"])).Ends(0);
    }

    private static bool HasIPv6() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses).Any(address => address.Address.Equals(IPAddress.IPv6Loopback));

    /// <summary>One server, and one database of PMM's, for all of them.</summary>
    public sealed class Site : IAsyncLifetime, IDisposable
    {
        private readonly TempFolder _folder = new();
        private TlsCluster? _cluster;
        private SkipException? _missing;

        internal PmmDatabase Pmm { get; private set; } = null!;

        internal int Port => new NpgsqlConnectionStringBuilder(Pmm.ConnectionString).Port;

        internal HandKeyset Keys => HandKeyset.Load(_folder["pmm.key"]);

        /// <summary>The server is the one that it should be.</summary>
        internal string[] Verified =>
            ["--postgres-addr", $"localhost:{Port}", "--postgres-ssl-mode", "verify-full", "--postgres-ssl-ca-path", _cluster!.Authority];

        /// <inheritdoc/>
        public async Task InitializeAsync()
        {
            try
            {
                _cluster = await TlsCluster.StartAsync();
            }
            catch (SkipException e)
            {
                _missing = e;       // thrown here, it would fail the tests instead of skipping them
                return;
            }

            var keys = HandKeyset.Generate();
            keys.Save(_folder["pmm.key"]);
            Pmm = await PmmDatabase.CreateAsync(
                _cluster.Server, new PmmSeed { Rows = 20, Storage = PmmStorage.Legacy, Encrypt = (plaintext, _) => keys.Seal(plaintext) });
        }

        /// <inheritdoc/>
        public async Task DisposeAsync()
        {
            if (_cluster is not null) await _cluster.DisposeAsync();
            Dispose();
        }

        /// <inheritdoc/>
        public void Dispose() => _folder.Dispose();

        /// <summary>The server; where there are no programs to start one, the calling test is skipped.</summary>
        internal TlsCluster Require() => _missing is null ? _cluster! : throw _missing;

        internal string[] As(string role) => ["--postgres-username", role, "--postgres-name", Pmm.Database.Name];

        internal async Task<ToolResult> RunAsync(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null) =>
            await PmmCryptProgram.RunAsync([.. arguments, "--key-file", _folder["pmm.key"]], environment);
    }
}
