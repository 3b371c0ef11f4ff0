using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// Who types, as sessions of this gateway are shown it by an owner on another node. It ends with the call to that
/// owner, who may be gone, and in a chat in which another owner hands over what was said. Bounded by the owner's board.
/// </summary>
/// <remarks>Any thread. The lock keeps what is open, and what sessions are shown of it, in step; whoever shows never
/// waits.</remarks>
/// <param name="sessions">The sessions of this gateway.</param>
internal sealed class OpenSigns(NodeFanOut sessions)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ChatId, HashSet<UserId>> _open = [];

    public void Show(Sign sign)
    {
        lock (_lock)
        {
            Note(sign);
            sessions.Sign(sign);
        }
    }

    /// <summary>Shows that nobody types in the chat any more.</summary>
    public void End(ChatId chat)
    {
        lock (_lock)
            if (_open.Remove(chat, out var users))
                ShowNobody(chat, users);
    }

    /// <summary>Shows that nobody types any more.</summary>
    public void EndAll()
    {
        lock (_lock)
        {
            foreach (var (chat, users) in _open) ShowNobody(chat, users);
            _open.Clear();
        }
    }

    private void Note(Sign sign)
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

    private void ShowNobody(ChatId chat, HashSet<UserId> users)
    {
        var frame = FrameBytes.Of(new TypingUpdate { Chat = chat.ToString(), Users = [] });
        sessions.Sign(new Sign(chat, [.. users], frame, Ends: true));
    }
}
