using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PmmCrypt.Testing;

/// <summary>
/// The endpoint by which a service says whether it is ready: it answers every request with the status that it was told last.
/// </summary>
public sealed class ReadyEndpoint : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _asked = new(0);
    private readonly Task _serving;
    private volatile int _status;
    private volatile string? _request;

    private ReadyEndpoint(int status, bool withTls, int port)
    {
        _status = status;
        _certificate = withTls ? SelfSigned() : null;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>The status that it answers.</summary>
    public int Status
    {
        get => _status;
        set => _status = value;
    }

    /// <summary>The first line of the last request; null before the first.</summary>
    public string? Asked => _request;

    /// <summary>Its URL.</summary>
    public string Url => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/ready";

    /// <summary>Starts one.</summary>
    /// <param name="status">What it answers.</param>
    /// <param name="withTls">Whether over TLS, with a certificate that it signs itself.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public static ReadyEndpoint Start(int status = 200, bool withTls = false, int port = 0) => new(status, withTls, port);

    /// <summary>Waits until it has been asked once more.</summary>
    public async Task WaitUntilAskedAsync(TimeSpan timeout)
    {
        if (!await _asked.WaitAsync(timeout)) throw new TimeoutException($"{Url} was not asked.");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _listener.Dispose();
        _certificate?.Dispose();
        _asked.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await AnswerAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException
                || (e is SocketException && _stop.IsCancellationRequested))
            {
                return;
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // Who asked has gone, or does not like the certificate.
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        Stream stream = client.GetStream();
        if (_certificate is not null)
        {
            var encrypted = new SslStream(stream);
            await encrypted.AuthenticateAsServerAsync(_certificate);
            stream = encrypted;
        }

        await using (stream)
        {
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            _request = await reader.ReadLineAsync(_stop.Token);
            while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 })
            {
            }

            var answer = $"HTTP/1.1 {_status} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), _stop.Token);
            await stream.FlushAsync(_stop.Token);
        }

        _asked.Release();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=nobody vouches for this", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
