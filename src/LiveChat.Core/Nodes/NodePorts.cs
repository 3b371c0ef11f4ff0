using System.Diagnostics.Metrics;
using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Ids;
using LiveChat.Core.Log;
using LiveChat.Core.Measuring;
using LiveChat.Core.Presence;
using LiveChat.Core.Sessions;
using LiveChat.Core.Workers;

namespace LiveChat.Core.Nodes;

/// <summary>What a node stands on.</summary>
/// <param name="Log">The log.</param>
/// <param name="History">The chats' side of history.</param>
/// <param name="Users">The users' side.</param>
/// <param name="Identities">Users, devices, keys and settings.</param>
/// <param name="Ids">The ids that this node may issue.</param>
/// <param name="Tokens">Who is who.</param>
/// <param name="Meter">The meter <c>LiveChat.Core</c>.</param>
internal sealed record NodePorts(
    IMessageLog Log,
    IHistoryStore History,
    IUserStore Users,
    IdentityPorts Identities,
    SnowflakeGenerator Ids,
    ITokenVerifier Tokens,
    Meter Meter)
{
    /// <summary>Makes a group's view of the log, by the name of one of <see cref="ConsumerGroups"/>; the node disposes
    /// what it asked for.</summary>
    public required Func<string, IPartitionReader> ReaderOf { get; init; }

    /// <summary>What the store knows of its own past.</summary>
    public required ILineageStore Lineage { get; init; }

    /// <summary>The key under which positions to resume from are sealed.</summary>
    public required ReadOnlyMemory<byte> SinceKey { get; init; }

    /// <summary>The erasures of users; null where no user is erased.</summary>
    public IErasureStore? Erasures { get; init; }

    /// <summary>The deletions of chats; there where erasures are.</summary>
    public IDeletionStore? Deletions { get; init; }

    /// <summary>What the stores do by themselves, as long as the node runs; a failure ends it.</summary>
    public IReadOnlyList<Func<CancellationToken, Task>> StoreLoops { get; init; } = [];

    /// <summary>The states in which what the node stands on refuses.</summary>
    public IReadOnlyList<RefusingState> States { get; init; } = [];

    /// <summary>Who is online, in a table of all nodes; absent, nodes tell each other by their links.</summary>
    public ISharedPresence? SharedPresence { get; init; }

    /// <summary>Takes the place of the node's own store of who is online.</summary>
    public IPresenceStore? Presence { get; init; }

    /// <summary>The other nodes; null for a node that is alone, which has all roles.</summary>
    public NodePeers? Peers { get; init; }

    /// <summary>Where a node that is alone says that it is there, so that no other one begins beside it; null where
    /// only one can be, and for one of several.</summary>
    public NodeSign? Alone { get; init; }

    /// <summary>The traces of messages.</summary>
    public MessageTraces Traces { get; init; } = MessageTraces.None;

    /// <summary>The rules that the node knows.</summary>
    public RulesTable Rules { get; init; } = RulesTable.Default;

    /// <summary>Puts something between the workers and the owner's half of the fan-out, so that a run can be watched
    /// there.</summary>
    public Func<IDeliverySink, IDeliverySink> Sink { get; init; } = static addressing => addressing;

    /// <summary>Puts something between the two halves of the fan-out: a way that takes its time.</summary>
    public Func<INodeLink, INodeLink> Link { get; init; } = static node => node;
}
