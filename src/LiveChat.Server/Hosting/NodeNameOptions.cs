using System.ComponentModel.DataAnnotations;
using LiveChat.Core.Links;

namespace LiveChat.Server.Hosting;

/// <summary>What this server is among several on one keyspace of Cassandra (docs/ops/several-nodes.md).</summary>
internal sealed class NodeNameOptions
{
    /// <summary>The name of this server, which no other one of the keyspace has and which stays the same over its
    /// starts; empty: made of the machine's name and the data folder.</summary>
    [RegularExpression("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")]
    public string Name { get; set; } = "";

    /// <summary>What it does: <c>All</c>, or some of <c>Gateway</c> (sessions and the API), <c>Delivery</c> (hands
    /// over what happens) and <c>History</c> (stores it), with commas between them.</summary>
    public NodeRoles Roles { get; set; } = NodeRoles.All;
}
