using LiveChat.Core.Links;

namespace LiveChat.Cluster.Store;

/// <summary>What <c>livechat doctor</c> learned of Cassandra.</summary>
/// <param name="Findings">What was found.</param>
/// <param name="LogMark">The line that says which topic the chats of the keyspace stand in; null where it says
/// none, or could not be asked.</param>
internal sealed record CassandraReport(IReadOnlyList<ServiceFinding> Findings, string? LogMark)
{
    /// <summary>Where history is, as the log's sentences call it.</summary>
    public const string Home = "keyspace";

    /// <summary>The registry of nodes; empty where it could not be asked.</summary>
    public IReadOnlyList<NodeEntry> Nodes { get; init; } = [];
}
