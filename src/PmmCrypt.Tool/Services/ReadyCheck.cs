using System.Net.Security;
using System.Security.Authentication;

namespace PmmCrypt.Tool.Services;

/// <summary>Asks a service over HTTP whether it is ready: that its process runs says nothing of whether it answers yet.</summary>
/// <param name="url">What it answers with 2xx once it is; http or https.</param>
internal sealed class ReadyCheck(Uri url) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Without its query, which may hold a token.
    private readonly string _shown = url.GetLeftPart(UriPartial.Path);

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,                           // the service itself is asked, and nobody on the way
        PooledConnectionLifetime = TimeSpan.Zero,   // and the one that runs now, not one that is about to end
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, errors) => Trusts(url, errors) },
    })
    {
        Timeout = Patience,
    };

    /// <summary>
    /// Whether an answer is taken for the service's. On this machine also where nobody vouches for its certificate: PMM Server comes with one
    /// that it has signed itself, and what listens on the loopback address is this machine's.
    /// </summary>
    public static bool Trusts(Uri url, SslPolicyErrors errors) => errors == SslPolicyErrors.None || url.IsLoopback;

    /// <summary>Asks once.</summary>
    /// <returns>Null where it is ready; else what it answered, or why it did not.</returns>
    public async Task<string?> WhyNotAsync()
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? null : $"{_shown} answers {(int)answer.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return $"{_shown} does not answer: {(e.InnerException as AuthenticationException)?.Message ?? e.Message}";
        }
        catch (TaskCanceledException)
        {
            return $"{_shown} does not answer within {Patience.TotalSeconds:0} s";
        }
    }

    public void Dispose() => _client.Dispose();
}
