using System.Diagnostics.Metrics;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Ids;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;

namespace LiveChat.Server.Hosting;

/// <summary>The message log and the stores that the options choose, open and checked against each other.</summary>
/// <param name="Log">The log.</param>
/// <param name="ReaderOf">A group's view of it.</param>
/// <param name="History">The chats' side of history.</param>
/// <param name="Users">The users' side.</param>
/// <param name="Identities">Who is who.</param>
/// <param name="Lineage">What the stores know of their past.</param>
/// <param name="Ids">The ids that this node may issue.</param>
internal sealed record OpenedStores(
    IMessageLog Log,
    Func<string, IPartitionReader> ReaderOf,
    IHistoryStore History,
    IUserStore Users,
    IdentityPorts Identities,
    ILineageStore Lineage,
    SnowflakeGenerator Ids)
{
    /// <summary>The erasures of users.</summary>
    public required IErasureStore Erasures { get; init; }

    /// <summary>The deletions of chats.</summary>
    public required IDeletionStore Deletions { get; init; }

    /// <summary>What they do by themselves.</summary>
    public IReadOnlyList<Func<CancellationToken, Task>> Loops { get; init; } = [];

    /// <summary>The states in which they refuse.</summary>
    public required IReadOnlyList<RefusingState> States { get; init; }

    /// <summary>Ends with the reason when a store cannot go on; never otherwise.</summary>
    public required Task Failed { get; init; }

    /// <summary>The other nodes; null for a server that is alone.</summary>
    public NodePeers? Peers { get; init; }

    /// <summary>Where a server that is alone says that it is there; null where only one can be.</summary>
    public NodeSign? Alone { get; init; }

    /// <summary>Takes a checkpoint in the data folder; null where the chats are elsewhere.</summary>
    public Func<CancellationToken, Task>? TakeCheckpoint { get; init; }

    /// <summary>Adds what the stores measure.</summary>
    public Action<Meter> Observe { get; init; } = static _ => { };
}
