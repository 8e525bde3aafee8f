using System.Net;
using System.Net.Sockets;

namespace PmmCrypt.Testing;

/// <summary>A port for a server of the tests'.</summary>
public static class LoopbackPort
{
    private const int First = 20_000;
    private const int Last = 31_999;    // below the range from which outgoing connections take theirs

    /// <summary>One that nobody listens on just now. Another may take it first: start on another then.</summary>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last + 1);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // That one is not free.
            }
        }
    }
}
