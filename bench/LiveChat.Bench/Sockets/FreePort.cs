using System.Net;
using System.Net.Sockets;

namespace LiveChat.Bench.Sockets;

/// <summary>A port of the loopback that nobody listened on a moment ago: for what does not say where it listens.
/// </summary>
internal static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
