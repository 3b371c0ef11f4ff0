using System.Net;

namespace LiveChat.Cql.Cluster;

/// <summary>What system.local and system.peers_v2 say about a node.</summary>
internal sealed record NodeRow(
    Guid Id, EndPoint EndPoint, string DataCenter, string Rack, IReadOnlyCollection<string> Tokens);
