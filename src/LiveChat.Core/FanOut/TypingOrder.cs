using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// The order in which each node heard what a user did in a chat: messages go by the log and typing by a link, so that
/// one may overtake the other. Of one node the ids say what was first; a user with devices on two nodes has two orders.
/// Kept for longer than a link may be silent. Under the lock of <see cref="TypingBoard"/>.
/// </summary>
internal sealed class TypingOrder(TimeProvider time)
{
    private const int KeptMax = 65_536;
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    private readonly Recent<(ChatId, UserId, int Node), ulong> _last = new(KeptFor, KeptMax, time);

    /// <summary>Notes an id; false when the node had a later one before.</summary>
    public bool TryPass(ChatId chat, UserId user, ulong id)
    {
        var key = (chat, user, Snowflake.Node(id));
        if (_last.TryGet(key, out var last) && last > id) return false;
        _last.Set(key, id);
        return true;
    }
}
