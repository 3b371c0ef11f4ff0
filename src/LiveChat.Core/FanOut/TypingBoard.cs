using System.Collections.Concurrent;
using LiveChat.Core.Chats;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// Who types where. What a user changes is told to the other members at once, but at most once a second for each user
/// and chat; the rest waits for the wheel, which also ends what was not repeated within 6 s. Whatever else ends it (a
/// message, the end of the session, the user's leaving) is told at once. Each frame holds the full list. One that an
/// outbox had no room for is told again by the wheel. Above 10,000 chats nobody new is told to type. An owner that may
/// have lost the chat's partition shows nobody, and ends whom it had shown.
/// </summary>
/// <remarks>Any thread calls. The lock keeps the lists, and the frames of a chat in the order of its lists: the link
/// never waits, and calls only back that somebody missed a frame.</remarks>
/// <param name="link">The way to those who are told.</param>
/// <param name="known">The chat as delivery has it now; null when it is not in memory.</param>
/// <param name="mayTell">Whether this node owns the chat for certain.</param>
/// <param name="wheel">The clock's wheel.</param>
/// <param name="time">The clock.</param>
/// <param name="order">Tells what comes late from other nodes; null for a node that is alone.</param>
internal sealed class TypingBoard(
    INodeLink link,
    Func<ChatId, ChatState?> known,
    Func<ChatId, bool> mayTell,
    TimingWheel wheel,
    TimeProvider time,
    TypingOrder? order = null)
    : ITimed
{
    private const int ChatsMax = 10_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    /// <summary>Changed under the lock; looked into without it, since most messages come where nobody types.</summary>
    private readonly ConcurrentDictionary<ChatId, Typists> _chats = new();

    /// <summary>Where the user of each source types, by what came through it.</summary>
    private readonly Dictionary<ITypingSource, HashSet<ChatId>> _bySource = [];

    public void Start() => wheel.Add(this, Interval);

    /// <summary>Notes that the member types, or stopped.</summary>
    /// <param name="chat">The chat as it was when the command came.</param>
    /// <param name="user">Who types.</param>
    /// <param name="source">The session that says so: when it is over, the typing has ended.</param>
    /// <param name="on">False when the user stopped.</param>
    /// <param name="id">When another node heard it, by its ids: what comes behind something later is void; 0 for this
    /// node, where nothing comes late.</param>
    public void Set(ChatState chat, UserId user, ITypingSource source, bool on, ulong id = 0)
    {
        lock (_lock)
        {
            if (id > 0 && order?.TryPass(chat.Chat, user, id) is false) return;
            if (on && !mayTell(chat.Chat)) return;
            if ((source.IsOver && id == 0) || !(known(chat.Chat) ?? chat).Roster.Contains(user)) return;
            if (!_chats.TryGetValue(chat.Chat, out var typists))
            {
                if (!on || _chats.Count >= ChatsMax) return;
                _chats[chat.Chat] = typists = new Typists(time);
            }

            Follow(typists, chat);
            if (typists.SourceOf(user) is { } former) Unlink(former, chat.Chat);
            if (!typists.Set(user, source, on)) return;
            if (on) Link(source, chat.Chat);
            if (typists.TryTell(user)) Post(typists);
        }
    }

    /// <summary>The chat has changed. Delivery may forget the chat while somebody types: the last state that was
    /// delivered decides who is told.</summary>
    public void Follow(ChatState after)
    {
        if (!_chats.ContainsKey(after.Chat)) return;
        lock (_lock)
            if (_chats.TryGetValue(after.Chat, out var typists))
                Follow(typists, after);
    }

    /// <summary>The user spoke, or left: types no longer, and it is told before anything that comes after.</summary>
    /// <param name="chat">The chat.</param>
    /// <param name="user">The user.</param>
    /// <param name="id">The id of the record in which the user spoke; 0 for one who left.</param>
    public void End(ChatId chat, UserId user, ulong id = 0)
    {
        if (order is null && !_chats.ContainsKey(chat)) return;
        lock (_lock)
        {
            if (id > 0) order?.TryPass(chat, user, id);
            if (_chats.TryGetValue(chat, out var typists)) End(typists, user);
        }
    }

    /// <summary>The session is over: nobody types through it any more.</summary>
    public void End(ITypingSource source)
    {
        lock (_lock)
            foreach (var chat in _bySource.GetValueOrDefault(source, []).ToArray())
                foreach (var user in _chats[chat].UsersOf(source))
                    End(_chats[chat], user);
    }

    /// <summary>The call of a gateway is over, and so is everybody who types through it.</summary>
    public void EndCall(object call)
    {
        lock (_lock)
            foreach (var source in _bySource.Keys.Where(source => source.Call == call).ToArray())
                End(source);
    }

    /// <summary>Tells all lists again at the next turn: somebody is there who may have missed them.</summary>
    public void TellAgain()
    {
        lock (_lock)
            foreach (var (_, typists) in _chats)
                typists.IsMissed = true;
    }

    /// <summary>What the user was allowed was taken back: only what an open session says still counts, and no request.
    /// </summary>
    public void End(UserId user)
    {
        lock (_lock)
            foreach (var typists in _chats.Values)
                if (typists.SourceOf(user) is { IsOver: true })
                    End(typists, user);
    }

    public TimeSpan? OnDue()
    {
        lock (_lock)
            foreach (var (chat, typists) in _chats)
            {
                foreach (var source in typists.Expire(isAll: !mayTell(chat))) Unlink(source, chat);
                if (typists.TryTellAll() || typists.IsMissed) Post(typists);
                if (typists.IsIdle) _chats.TryRemove(chat, out _);
            }

        return Interval;
    }

    private static void Follow(Typists typists, ChatState chat)
    {
        if (typists.Chat is null || typists.Chat.Seq < chat.Seq) typists.Chat = chat;
    }

    private void End(Typists typists, UserId user)
    {
        if (typists.SourceOf(user) is { } source) Unlink(source, typists.Chat!.Chat);
        if (typists.End(user) || typists.IsMissed) Post(typists);
    }

    private void Link(ITypingSource source, ChatId chat)
    {
        if (!_bySource.TryGetValue(source, out var chats)) _bySource.Add(source, chats = []);
        chats.Add(chat);
    }

    private void Unlink(ITypingSource source, ChatId chat)
    {
        if (!_bySource.TryGetValue(source, out var chats)) return;
        chats.Remove(chat);
        if (chats.Count == 0) _bySource.Remove(source);
    }

    private void Post(Typists typists)
    {
        var chat = typists.Chat!;
        var now = known(chat.Chat) ?? chat;
        var roster = now.Roster;
        var list = mayTell(chat.Chat)
            ? Array.FindAll(typists.Told(), user => roster.Contains(UserId.Parse(user)))
            : [];
        var ends = typists.IsMissed || typists.Posted.Except(list).Any();
        var others = new List<UserId>(roster.Count);
        typists.Posted = list;
        typists.IsMissed = false;
        foreach (var member in roster.Members)
        {
            if (!now.ShowsSignsTo(member.User)) continue;
            if (list.Contains(member.User.Value))
                Sign([member.User], Array.FindAll(list, user => user != member.User.Value));
            else
                others.Add(member.User);
        }

        if (others.Count > 0) Sign(others, list);

        void Sign(IReadOnlyList<UserId> recipients, string[] users) =>
            link.Sign(new Sign(
                chat.Chat, recipients, Encode(chat.Chat, users), ends, Open: users.Length > 0, Missed));

        void Missed()
        {
            lock (_lock) typists.IsMissed = true; // The link may call it here or later.
        }
    }

    private static ReadOnlyMemory<byte> Encode(ChatId chat, string[] users) =>
        FrameBytes.Of(new TypingUpdate { Chat = chat.ToString(), Users = users });
}
