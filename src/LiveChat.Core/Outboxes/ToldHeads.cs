using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Outboxes;

/// <summary>
/// The highest seq of each chat that one session was told of since this began, as an event or as a head. Any thread;
/// one lock. Full (1,000 chats) means: it does not know any more of any chat.
/// </summary>
internal sealed class ToldHeads
{
    private const int ChatsMax = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<ChatId, long> _highest = [];
    private bool _isFull;

    public void Note(ChatId chat, long seq)
    {
        lock (_lock)
        {
            if (_isFull || (_highest.TryGetValue(chat, out var former) && former >= seq)) return;
            _highest[chat] = seq;
            _isFull = _highest.Count > ChatsMax;
        }
    }

    /// <summary>Whether the session was told of the seq, or it is not known.</summary>
    public bool Has(ChatId chat, long seq)
    {
        lock (_lock) return _isFull || (_highest.TryGetValue(chat, out var highest) && highest >= seq);
    }
}
