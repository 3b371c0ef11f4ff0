using System.Globalization;
using LiveChat.Cli.Text;
using LiveChat.Client;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>
/// All that the screen shows, changed only by what happens: no clock, no console, no network. One loop owns it.
/// </summary>
internal sealed class ChatModel(string user)
{
    private readonly Dictionary<string, ChatItem> _chats = [];
    private readonly List<OutgoingMessage> _outgoing = [];
    private ConnectionChange _change = new(ClientState.Connecting);
    private TimeSpan? _retryIn;
    private CommandRetry? _retry;

    public string User { get; set; } = user;

    /// <summary>The chat on the screen.</summary>
    public ChatItem? Open { get; private set; }

    /// <summary>The state of the connection in words; empty while all is well.</summary>
    public string Connection { get; private set; } = "connecting…";

    /// <summary>The same, and while the client waits for its next try, how long that still takes.</summary>
    public string ConnectionNow => _retryIn is { } left ? ConnectionText.Of(_change with { Delay = left }) : Connection;

    /// <summary>What the server cannot do now, and how long until the client asks again; empty while all is well.
    /// </summary>
    public string Trouble { get; private set; } = "";

    /// <summary>Why the server cannot do it; null while all is well.</summary>
    public string? TroubleReason => _retry?.Reason;

    /// <summary>Lines above the input until the next one is given: help, lists, refusals.</summary>
    public IReadOnlyList<string> Info { get; private set; } = [];

    /// <summary>All chats that are there and not hidden, latest first; the order that <c>/open N</c> counts in.
    /// </summary>
    public IReadOnlyList<ChatItem> Chats =>
    [
        .. _chats.Values.Where(chat => !chat.IsHidden && !chat.IsDeleted)
            .OrderByDescending(chat => chat.HeadTime).ThenBy(chat => chat.Chat, StringComparer.Ordinal),
    ];

    /// <summary>Messages of the open chat that have no place yet.</summary>
    public IEnumerable<OutgoingMessage> Outgoing => _outgoing.Where(message => message.Chat == Open?.Chat);

    /// <summary>How many messages, of all chats, the server has not taken yet, nor refused.</summary>
    public int Unsent => _outgoing.Count(message => message.Seq == 0 && message.Refusal is null);

    public string NameOf(ChatItem chat) => chat.NameFor(User);

    public void Say(params IReadOnlyList<string> lines) => Info = lines;

    /// <summary>Whether anything is known of the chat.</summary>
    public bool Knows(string chat) => _chats.ContainsKey(chat);

    public ChatItem Chat(string chat)
    {
        if (!_chats.TryGetValue(chat, out var item)) _chats.Add(chat, item = new ChatItem(chat));
        return item;
    }

    public void OpenChat(string chat)
    {
        Open = Chat(chat);
        Open.MarkRead();
        Info = [];
    }

    /// <summary>The store is another one: what is known is void.</summary>
    public void Clear()
    {
        _chats.Clear();
        if (Open is not null) Open = Chat(Open.Chat);
    }

    public void Load(IEnumerable<ChatSummary> chats)
    {
        foreach (var summary in chats) Chat(summary.Chat).Load(summary);
        Open?.MarkRead();
    }

    public void Load(Page page)
    {
        Chat(page.Chat).Load(page);
        DropPlaced(page.Chat);
    }

    public void Apply(ChatEvent happened)
    {
        var chat = Chat(happened.Chat);
        chat.Apply(happened, User);
        if (chat == Open) chat.MarkRead();
        DropPlaced(happened.Chat);
    }

    public void Apply(Receipts receipts)
    {
        var chat = Chat(receipts.Chat);
        foreach (var marker in receipts.Items)
        {
            chat.Load(marker);
            if (marker.User == User && marker.ReadN is { } n) chat.ReadTo(n);
        }
    }

    public void Apply(Mine mine) => Chat(mine.Chat).IsHidden = mine.Hidden is true;

    public void Apply(TypingUpdate typing) => Chat(typing.Chat).Typing = typing.Users;

    /// <summary>What was told since the question is newer than its answer.</summary>
    public void Apply(PresenceList list)
    {
        foreach (var item in list.Items) Chat(list.Chat).Presence.TryAdd(item.User, item);
    }

    public void Apply(PresenceChanged changed) => Chat(changed.Chat).Presence[changed.User] =
        new PresenceItem(changed.User, changed.Online, changed.LastSeen);

    public void Apply(ConnectionChange change)
    {
        Connection = change.State == ClientState.Connected ? "" : ConnectionText.Of(change);
        (_change, _retryIn) = (change, null);

        // Who stops typing, or goes, while we are away is not told to us.
        foreach (var chat in _chats.Values)
        {
            chat.Typing = [];
            chat.Presence.Clear();
        }
    }

    /// <summary>So long until the try that this change spoke of, unless another one has come since.</summary>
    public void CountDown(ConnectionChange change, TimeSpan left)
    {
        if (_change == change) _retryIn = left;
    }

    /// <summary>The server cannot do something now.</summary>
    public void Apply(CommandRetry retry)
    {
        _retry = retry;
        Trouble = ConnectionText.Of(retry);
    }

    /// <summary>So long until the client asks again; null when it has asked and heard no reason to wait once more. What
    /// came since counts.</summary>
    public void CountDown(CommandRetry retry, TimeSpan? left)
    {
        if (_retry != retry) return;
        Trouble = left is { } delay ? ConnectionText.Of(retry with { Delay = delay }) : "";
        if (left is null) _retry = null;
    }

    /// <summary>A chat by its place in the list, its id or its name; a hidden one by its id or its name.</summary>
    public ChatItem? Find(string which)
    {
        var chats = Chats;
        if (int.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            && at >= 1 && at <= chats.Count)
        {
            return chats[at - 1];
        }

        return _chats.GetValueOrDefault(which) ?? chats.Concat(_chats.Values).FirstOrDefault(
            chat => string.Equals(NameOf(chat), which, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The message of the open chat with this seq, or the last one.</summary>
    public (string Chat, long Seq)? Target(long? seq, bool isOwn)
    {
        var last = Open?.Messages.LastOrDefault(item => !item.IsNote && !item.IsDeleted
            && (seq is null ? !isOwn || item.Sender == User : item.Seq == seq));
        return last is null ? null : (Open!.Chat, last.Seq);
    }

    /// <summary>The list of chats as lines.</summary>
    public IReadOnlyList<string> ChatLines() => [.. Chats.Select((chat, at) => string.Create(
        CultureInfo.InvariantCulture, $"{at + 1}: {NameOf(chat)} ({chat.Unread} unread) {chat.Chat}"))];

    /// <summary>The members of the open chat as lines.</summary>
    public IReadOnlyList<string> MemberLines() => Open is null
        ? ["No chat is open."]
        : [.. Open.Members.Union([User]).Order(StringComparer.Ordinal).Select(member =>
            member + (Open.Markers.FirstOrDefault(marker => marker.User == member)?.Read is { } read and > 0
                ? string.Create(CultureInfo.InvariantCulture, $" (read up to #{read})")
                : ""))];

    /// <summary>A message goes out; shown at once, as having no place.</summary>
    public OutgoingMessage Send(string chat, string text)
    {
        var message = new OutgoingMessage(chat, text);
        _outgoing.Add(message);
        return message;
    }

    /// <summary>The message has its place; it goes when its event is there, before or after this.</summary>
    public void Placed(OutgoingMessage message, long seq)
    {
        message.Seq = seq;
        DropPlaced(message.Chat);
    }

    /// <summary>The message was refused; it stays, so that its text is not lost.</summary>
    public void Refused(OutgoingMessage message, string reason)
    {
        message.Refuse(reason);
        Say($"Not sent: {reason}");
    }

    private void DropPlaced(string chat)
    {
        var head = Chat(chat).HeadSeq;
        foreach (var message in _outgoing.Where(message => IsThere(message))) message.Settle();
        _outgoing.RemoveAll(IsThere);

        bool IsThere(OutgoingMessage message) => message.Chat == chat && message.Seq > 0 && message.Seq <= head;
    }
}
