using LiveChat.Loads.Chats;

namespace LiveChat.Bench.Pairs;

/// <summary>One of the protocols of a SignalR hub, as little of it as the load needs. Messages are written whole, and
/// read in place.</summary>
internal interface IHubWire
{
    /// <summary>What the handshake calls it.</summary>
    string Protocol { get; }

    bool IsBinary { get; }

    /// <summary>A call of a method of the hub.</summary>
    /// <param name="number">Names the call in its answer.</param>
    /// <param name="method">The method.</param>
    /// <param name="chat">The first argument.</param>
    /// <param name="texts">The other arguments.</param>
    byte[] Call(long number, string method, int chat, params ReadOnlySpan<string> texts);

    /// <summary>Takes the next record of what came; false when nothing is left.</summary>
    bool TryTake(ref ReadOnlySpan<byte> message, out HubRecord record);
}

/// <summary>What a record says.</summary>
internal enum HubRecordKind
{
    Other,

    /// <summary>A message of the chat came.</summary>
    Delivered,

    /// <summary>A call has its answer.</summary>
    Answered,
    Failed,
}

/// <param name="Kind">What it says.</param>
/// <param name="Number">The message's seq, or the number of the call.</param>
/// <param name="Text">The message's text; null when it is not as it was sent.</param>
internal readonly record struct HubRecord(HubRecordKind Kind, long Number = 0, LoadText? Text = null);
