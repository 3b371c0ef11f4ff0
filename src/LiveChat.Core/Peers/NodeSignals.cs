using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// What this node's gateway tells other nodes beside the log: owners and all on the calls that it makes, devices on the
/// calls of their gateways. Any thread.
/// </summary>
internal sealed class NodeSignals(GatewayPositions positions, GatewayDesk desk, GatewayFeeds feeds, int partitions)
    : ISignals
{
    /// <summary>The owner that claimed the chat's partition last. While nobody does, nobody is told.</summary>
    public ISignalWay? OwnerOf(ChatId chat)
    {
        if (desk.Calls.IsEmpty) return null;
        return positions.OwnerOf(Partitioner.PartitionOf(chat, partitions)) switch
        {
            OwnerCall call => call,
            null => NoWay.Instance,
            _ => null,
        };
    }

    public void ToAll(Signal signal)
    {
        foreach (var call in desk.Calls) call.Tell(signal);
    }

    public void ToDevices(UserId user, Signal signal) => feeds.Tell(user, signal);

    private sealed class NoWay : ISignalWay
    {
        public static readonly NoWay Instance = new();

        public void Tell(Signal signal)
        {
        }
    }
}
