using System.Net;
using System.Net.Sockets;

namespace LiveChat.Tests.Running;

/// <summary>Ports for servers and services that are about to start. They lie below those that the kernel gives to
/// outgoing connections (from 32,768 on), so that no connection takes one before its server listens. Every process
/// begins elsewhere, and no port is given twice. Any thread.</summary>
public static class FreePorts
{
    private const int ServerMin = 10_000;
    private const int ServiceMin = 20_000;
    private const int Max = 32_000;
    private const int AttemptsMax = 100;

    private static int _chosen;

    /// <summary>A port of the loopback for a server.</summary>
    public static int ForServer() => Find(ServerMin, ServiceMin, nodes: 1, consecutive: 1);

    /// <summary>A port that, with the ones behind it, is free on the addresses of all nodes of a service.</summary>
    public static int ForService(int nodes, int consecutive) => Find(ServiceMin, Max, nodes, consecutive);

    private static int Find(int min, int max, int nodes, int consecutive)
    {
        for (var attempt = 0; attempt < AttemptsMax; attempt++)
        {
            var place = (Environment.ProcessId * 37) + Interlocked.Increment(ref _chosen);
            var port = min + (place * consecutive % (max - min));
            var all =
                from node in Enumerable.Range(1, nodes)
                from next in Enumerable.Range(port, consecutive)
                select new IPEndPoint(IPAddress.Parse($"127.0.0.{node}"), next);
            if (all.All(IsFree)) return port;
        }

        throw new InvalidOperationException($"{AttemptsMax} ports that were looked at are all in use.");
    }

    private static bool IsFree(IPEndPoint address)
    {
        try
        {
            using var listener = new TcpListener(address);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
