using LiveChat.Core.FanOut;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// Who types, as sessions of this gateway are shown it by one owner: when the call ends, that ends, since the owner may
/// be gone. By the loop of the call. Bounded by the owner's board.
/// </summary>
internal sealed class OpenSigns
{
    private readonly Dictionary<ChatId, HashSet<UserId>> _open = [];

    public void Note(Sign sign)
    {
        var users = _open.GetValueOrDefault(sign.Chat);
        if (sign.Open)
        {
            if (users is null) _open.Add(sign.Chat, users = []);
            users.UnionWith(sign.Recipients);
        }
        else if (sign.Ends && users is not null)
        {
            users.ExceptWith(sign.Recipients);
            if (users.Count == 0) _open.Remove(sign.Chat);
        }
    }

    /// <summary>Shows that nobody types any more.</summary>
    public void EndAll(NodeFanOut sessions)
    {
        foreach (var (chat, users) in _open)
        {
            var frame = FrameBytes.Of(new TypingUpdate { Chat = chat.ToString(), Users = [] });
            sessions.Sign(new Sign(chat, [.. users], frame, Ends: true));
        }

        _open.Clear();
    }
}
