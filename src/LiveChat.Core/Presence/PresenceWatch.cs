using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>The users that a session watches through one chat, with what it was last told of each. Under the lock of
/// <see cref="PresenceWatches"/>.</summary>
internal sealed class PresenceWatch(ConnectedDevice session, ChatId chat, IReadOnlyList<UserId> users)
{
    public ConnectedDevice Session => session;

    public ChatId Chat => chat;

    public IReadOnlyList<UserId> Users => users;

    /// <summary>What was told; empty until the first answer, before which no change is told.</summary>
    public Dictionary<UserId, PresenceItem> Told { get; } = [];

    public bool IsAnswered { get; set; }
}
