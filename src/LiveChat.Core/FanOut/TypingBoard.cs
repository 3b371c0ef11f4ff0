using LiveChat.Core.Sequencing;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// Who types where. A change is said to the other members at once, but at most once a second and chat; the rest waits
/// for the wheel, which also ends what was not repeated within 6 s. Each frame holds the full list, so one that was
/// dropped (by a full outbox, or here above 10,000 chats) is mended by the next. Sessions call from any thread; the
/// lock keeps the lists, and nothing is posted under it, but to who is a member at that moment.
/// </summary>
/// <param name="sessions">Who is here.</param>
/// <param name="known">The chat as delivery has it now; null when it is not in memory.</param>
/// <param name="wheel">The clock's wheel.</param>
/// <param name="time">The clock.</param>
internal sealed class TypingBoard(
    SessionDirectory sessions, Func<ChatId, ChatState?> known, TimingWheel wheel, TimeProvider time)
    : ITimed
{
    private const int ChatsMax = 10_000;
    private const int UsersMax = 16;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ChatId, Typists> _chats = [];

    public void Start() => wheel.Add(this, Interval);

    /// <summary>Notes that the member types, or stopped.</summary>
    public void Set(ChatState chat, UserId user, bool on)
    {
        if (!chat.Roster.Contains(user)) return;
        string[]? list = null;
        lock (_lock)
        {
            if (!_chats.TryGetValue(chat.Chat, out var typists))
            {
                if (!on || _chats.Count >= ChatsMax) return;
                _chats.Add(chat.Chat, typists = new Typists());
            }

            typists.Chat = chat;
            if (!typists.Set(user, on ? time.GetTimestamp() : null)) return;
            if (WasJustSaid(typists)) typists.IsChanged = true;
            else list = Say(typists);
        }

        if (list is not null) Post(chat, list);
    }

    /// <summary>Somebody left the chat: the list is made anew with who types next.</summary>
    public void Forget(ChatId chat)
    {
        lock (_lock) _chats.Remove(chat);
    }

    public TimeSpan? OnDue()
    {
        var changes = new List<(ChatState Chat, string[] List)>();
        lock (_lock)
        {
            foreach (var (chat, typists) in _chats)
            {
                typists.Expire(at => time.GetElapsedTime(at) >= Lifetime);
                if (typists.IsChanged) changes.Add((typists.Chat!, Say(typists)));

                // An empty list stays for a second, or going on and off would be said each time.
                else if (typists.IsEmpty && !WasJustSaid(typists)) _chats.Remove(chat);
            }
        }

        foreach (var (chat, list) in changes) Post(chat, list);
        return Interval;
    }

    private bool WasJustSaid(Typists typists) => typists.SaidAt is { } at && time.GetElapsedTime(at) < Interval;

    private string[] Say(Typists typists)
    {
        typists.IsChanged = false;
        typists.SaidAt = time.GetTimestamp();
        return typists.Users();
    }

    private void Post(ChatState chat, string[] list)
    {
        var forOthers = ReadOnlyMemory<byte>.Empty;
        var now = known(chat.Chat) ?? chat;
        var roster = now.Roster;
        list = Array.FindAll(list, user => roster.Contains(UserId.Parse(user)));
        foreach (var member in roster.Members)
        {
            var devices = sessions.Of(member.User);
            if (devices.IsEmpty || !now.ShowsSignsTo(member.User)) continue;
            ReadOnlyMemory<byte> frame;
            if (list.Contains(member.User.Value))
                frame = Encode(chat.Chat, Array.FindAll(list, user => user != member.User.Value));
            else
                frame = forOthers = forOthers.IsEmpty ? Encode(chat.Chat, list) : forOthers;
            foreach (var device in devices) device.Outbox.TryPostEphemeral(frame);
        }
    }

    private static ReadOnlyMemory<byte> Encode(ChatId chat, string[] users) =>
        FrameBytes.Of(new TypingUpdate { Chat = chat.ToString(), Users = users });

    /// <summary>The typists of one chat, with the time of each.</summary>
    private sealed class Typists
    {
        private readonly Dictionary<UserId, long> _users = [];

        /// <summary>The chat as it was when somebody last typed.</summary>
        public ChatState? Chat { get; set; }

        public bool IsChanged { get; set; }

        public long? SaidAt { get; set; }

        public bool IsEmpty => _users.Count == 0;

        public string[] Users() => [.. _users.Keys.Select(static user => user.Value).Order(StringComparer.Ordinal)];

        /// <summary>Whether the list became another one.</summary>
        public bool Set(UserId user, long? at)
        {
            if (at is not { } seen) return _users.Remove(user);
            var isNew = !_users.ContainsKey(user);
            if (isNew && _users.Count >= UsersMax) return false;
            _users[user] = seen;
            return isNew;
        }

        public void Expire(Func<long, bool> isOver)
        {
            foreach (var (user, at) in _users)
                if (isOver(at))
                    IsChanged |= _users.Remove(user);
        }
    }
}
