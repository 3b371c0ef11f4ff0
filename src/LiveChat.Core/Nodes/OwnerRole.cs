using LiveChat.Core.FanOut;
using LiveChat.Core.Presence;
using LiveChat.Core.Sessions;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Nodes;

/// <summary>
/// The role <c>delivery</c>: owns partitions, decides what everybody is told of their chats, and keeps what goes beside
/// the log.
/// </summary>
internal sealed class OwnerRole
{
    /// <param name="parts">What the roles share.</param>
    /// <param name="link">The way to the node's sessions.</param>
    /// <param name="left">Hears of who left a chat.</param>
    /// <param name="handedOf">The highest seq of a chat that was handed to this node lately.</param>
    public OwnerRole(NodeParts parts, INodeLink link, Action<ChatId, UserId> left, Func<ChatId, long> handedOf)
    {
        var (ports, directory, time) = (parts.Ports, parts.Directory, parts.Time);
        DeliveryWorker? delivery = null;
        var chats = new ChatStates(
            () => delivery!, ports.History, handedOf, parts.Looks, parts.Rates.ChargeRead, time);
        var typing = new TypingBoard(
            link, chats.Known, chats.IsCertain, parts.Wheel, time, ports.Peers is null ? null : new TypingOrder(time));
        delivery = new DeliveryWorker(
            ports.Log,
            parts.Deliveries,
            parts.Histories,
            ports.History,
            parts.Progress,
            ports.Sink(new Addressing(link, typing, ports.Traces, left)),
            ports.Rules,
            parts.Options.Workers,
            parts.Metrics,
            parts.Calls,
            parts.LogCalls,
            time,
            parts.Loggers);
        Delivery = delivery;
        Ticker = new Ticker(ports.Log, delivery.Idle, time);
        Services = new OwnerServices(
            chats,
            typing,
            new ReceiptBoard(parts.Calls, chats, link, time),
            new PresenceWatches(
                parts.PresenceStore, parts.Presence, chats, directory, parts.PresenceCalls, time));
        parts.PresenceStore.Listen(Services.Watches.Changed);
    }

    /// <summary>What sessions ask it.</summary>
    public OwnerServices Services { get; }

    public DeliveryWorker Delivery { get; }

    /// <summary>Moves the time of its partitions that are idle.</summary>
    public Ticker Ticker { get; }

    /// <summary>Whether no more answers come for the records of the partition.</summary>
    public bool HasStopped(int partition) => Delivery.Stopped.ContainsKey(partition);
}
