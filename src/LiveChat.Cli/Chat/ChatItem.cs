using System.Globalization;
using LiveChat.Cli.Text;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>
/// A chat as its user sees it: head, unread, the messages that were loaded, who is how far, who types.
/// </summary>
internal sealed class ChatItem(string chat)
{
    /// <summary>More than this is scrolled back to by nobody; <c>livechat history</c> has all.</summary>
    public const int MessagesMax = 1000;

    private readonly SortedList<long, MessageItem> _messages = [];
    private readonly SortedDictionary<string, Receipt> _markers = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _members = new(StringComparer.Ordinal);
    private long _loadedSeq;

    public string Chat { get; } = chat;

    public string? Title { get; private set; }

    public string? With { get; private set; }

    public bool IsDirect { get; private set; }

    /// <summary>The number of messages up to the head.</summary>
    public long HeadN { get; private set; }

    public long HeadSeq { get; private set; }

    public DateTimeOffset HeadTime { get; private set; }

    public long Unread { get; private set; }

    /// <summary>Whether the user keeps the chat off the lists.</summary>
    public bool IsHidden { get; set; }

    /// <summary>Whose first message the chat awaits.</summary>
    public string? Awaits { get; private set; }

    public IReadOnlyList<string> Typing { get; set; } = [];

    /// <summary>What is known of who is online, by user.</summary>
    public Dictionary<string, PresenceItem> Presence { get; } = [];

    public IList<MessageItem> Messages => _messages.Values;

    public IReadOnlyCollection<string> Members => _members;

    public IEnumerable<Receipt> Markers => _markers.Values;

    /// <summary>What its members call it; a group without a title is called by its members.</summary>
    public string NameFor(string user)
    {
        var others = string.Join(", ", _members.Where(member => member != user));
        return TerminalText.Clean(With ?? Title ?? (others.Length > 0 ? others : $"group {Chat}"));
    }

    /// <summary>Who is online of those who are watched; empty while nobody is. Of a member who has not answered yet the
    /// server says nothing.</summary>
    public string PresenceText()
    {
        if (With is not null && Awaits == With) return "has not answered yet";
        if (Presence.Count == 0) return "";
        if (!IsDirect || With is null)
        {
            var online = Presence.Values.Where(item => item.Online).Select(item => item.User);
            var names = string.Join(", ", online.Order(StringComparer.Ordinal));
            return names.Length > 0 ? TerminalText.Clean($"online: {names}") : "nobody online";
        }

        return Presence.GetValueOrDefault(With) switch
        {
            { Online: true } => "online",
            { LastSeen: { } seen } => string.Create(
                CultureInfo.InvariantCulture, $"last seen {seen.ToLocalTime():yyyy-MM-dd HH:mm}"),
            _ => "offline",
        };
    }

    public void Load(ChatSummary summary)
    {
        IsDirect = summary.Kind == ChatKinds.Direct;
        Title = summary.Title;
        With = summary.With;
        (IsHidden, Awaits) = (summary.Hidden is true, summary.Awaits);
        if (With is not null) _members.Add(With);
        if (summary.HeadSeq < HeadSeq) return;
        (HeadSeq, HeadN, HeadTime) = (summary.HeadSeq, summary.HeadN, summary.HeadTime);
        Unread = summary.Unread;
    }

    public void Load(ChatDetails details, string user)
    {
        IsDirect = details.Kind == ChatKinds.Direct;
        Title = details.Title;
        (IsHidden, Awaits) = (details.Hidden is true, details.Awaits);
        _members.UnionWith(details.Members.Select(member => member.User));
        if (IsDirect) With = details.Members.Select(member => member.User).FirstOrDefault(member => member != user);
    }

    public void Load(Page page)
    {
        _loadedSeq = Math.Max(_loadedSeq, page.HeadSeq);
        foreach (var item in page.Items) Put(item);
        foreach (var marker in page.Markers ?? [])
        {
            _members.Add(marker.User);
            Load(marker);
        }
    }

    public void Load(Receipt marker)
    {
        var former = _markers.GetValueOrDefault(marker.User);
        _markers[marker.User] = new Receipt
        {
            User = marker.User,
            Delivered = Math.Max(marker.Delivered ?? 0, former?.Delivered ?? 0),
            Read = Math.Max(marker.Read ?? 0, former?.Read ?? 0),
        };
    }

    /// <summary>An event of the live stream.</summary>
    public void Apply(ChatEvent happened, string user)
    {
        if (happened.Seq > HeadSeq)
        {
            if (happened.Sender == user && happened is MessageCreated) Unread = 0;
            else Unread += happened.N - HeadN;
            (HeadSeq, HeadN, HeadTime) = (happened.Seq, happened.N, happened.SentAt);
        }

        if (happened is MessageCreated && Awaits == happened.Sender) Awaits = null;
        if (happened is MessageCreated && Awaits != user) IsHidden = false;
        ApplyMembers(happened, user);
        Typing = [.. Typing.Where(name => name != happened.Sender)];

        // A page that was loaded since has folded this in already; an older state must not win.
        if (happened.Seq > _loadedSeq) Put(happened);
    }

    /// <summary>Whether the chat was deleted: it is on no list.</summary>
    public bool IsDeleted { get; private set; }

    public void MarkRead() => Unread = 0;

    /// <summary>The user read so many of the messages on another device; markers only rise.</summary>
    public void ReadTo(long n) => Unread = Math.Clamp(HeadN - n, 0, Unread);

    private void ApplyMembers(ChatEvent happened, string user)
    {
        switch (happened)
        {
            case ChatCreated created:
                IsDirect = created.Kind == ChatKinds.Direct;
                Title = created.Title;
                _members.UnionWith(created.Members);
                if (IsDirect) With = created.Members.FirstOrDefault(member => member != user);
                break;
            case ChatUpdated updated:
                Title = updated.Title;
                break;
            case MemberAdded added:
                _members.UnionWith(added.Users);
                if (added.Users.Contains(user)) Unread = 0; // A stay begins with all before it read.
                break;
            case ChatDeleted:
                _members.Clear();
                _messages.Clear();
                _markers.Clear();
                (Title, Unread, IsDeleted) = (null, 0, true);
                break;
            case MemberRemoved removed:
                _members.Remove(removed.User);
                if (removed.User == user) Unread = 0; // Nothing could clear it.
                break;
        }
    }

    private void Put(ChatEvent happened)
    {
        switch (happened)
        {
            case MessageCreated message:
                _members.Add(message.Sender);
                _messages[message.Seq] = new MessageItem(
                    message.Seq, message.Sender, message.SentAt, TerminalText.Clean(message.Body?.Text ?? ""))
                {
                    IsDeleted = message.Body is null,
                    EditedSeq = message.EditedSeq ?? 0,
                    Reactions = message.Reactions ?? [],
                };
                break;
            case MessageEdited { Body: { } body } edited:
                Change(edited.Target, item => item.IsDeleted || item.EditedSeq > edited.Seq
                    ? item
                    : item with { Text = TerminalText.Clean(body.Text), EditedSeq = edited.Seq });
                break;
            case MessageDeleted deleted:
                Change(deleted.Target, item => item with { Text = "", IsDeleted = true, Reactions = [] });
                break;
            case ReactionChanged { Emoji: { } emoji } reaction:
                var own = new Reaction(emoji, reaction.Sender);
                Change(reaction.Target, item => item with
                {
                    Reactions =
                    [
                        .. item.Reactions.Where(other => other != own),
                        .. reaction.On ? [own] : (Reaction[])[],
                    ],
                });
                break;
            case MessageEdited or ReactionChanged:
                break;
            default:
                _messages[happened.Seq] = new MessageItem(
                    happened.Seq, happened.Sender, happened.SentAt, EventText.What(happened))
                {
                    IsNote = true,
                };
                break;
        }

        while (_messages.Count > MessagesMax) _messages.RemoveAt(0);
    }

    private void Change(long seq, Func<MessageItem, MessageItem> change)
    {
        if (_messages.TryGetValue(seq, out var item)) _messages[seq] = change(item);
    }
}
