namespace LiveChat.Core.FanOut;

/// <summary>
/// The way from the owner of a chat to one node, which keeps the order of the calls for each chat: of hand-overs and
/// signs alike. It is bounded, and answers itself for a node that is slow or away. Any thread; for one chat one caller
/// at a time.
/// </summary>
internal interface INodeLink
{
    /// <summary>Ends when the node has it. Until then the partition's position stays before the record.</summary>
    ValueTask HandAsync(HandOver handOver, CancellationToken cancellationToken);

    /// <summary>Shows a sign, or loses it. Never waits.</summary>
    void Sign(Sign sign);
}
