using System.Net;

namespace LiveChat.Cql.Connections;

/// <summary>The parts of a node's address, which is a name with a port or a number with a port.</summary>
internal static class NodeAddress
{
    public static bool IsOne(EndPoint node) => node is IPEndPoint or DnsEndPoint;

    public static string HostOf(EndPoint node) => node is IPEndPoint ip ? ip.Address.ToString() : Dns(node).Host;

    public static int PortOf(EndPoint node) => node is IPEndPoint ip ? ip.Port : Dns(node).Port;

    /// <summary><c>host:port</c>, as people read it.</summary>
    public static string TextOf(EndPoint node) =>
        node is IPEndPoint ip ? ip.ToString() : $"{HostOf(node)}:{PortOf(node)}";

    private static DnsEndPoint Dns(EndPoint node) => (DnsEndPoint)node;
}
