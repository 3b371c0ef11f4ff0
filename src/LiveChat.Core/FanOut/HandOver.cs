using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// What an owner hands to one node of one record: the answer for the command that waits there, and the event for that
/// node's recipients. Immutable. On one node it is passed by reference, and no bytes are made of it.
/// </summary>
/// <param name="Chat">The chat.</param>
/// <param name="Record">The id of the record.</param>
/// <param name="Answer">What its sender is told.</param>
/// <param name="Event">The event, when it became one.</param>
internal sealed record HandOver(ChatId Chat, ulong Record, DeliveryAnswer Answer, HandedEvent? Event);

/// <summary>An event for the recipients of one node.</summary>
/// <param name="Stored">The event; without content when that was erased.</param>
/// <param name="Content">Whether its content may be shown; when that is unknown, recipients are told the head.</param>
/// <param name="Recipients">The members on that node. Where the stay of each began says what of the target of the event
/// the member may see.</param>
/// <param name="Removed">Whom the event removes, to be told as well.</param>
/// <param name="IsPull">Whether recipients get heads, and pull.</param>
internal sealed record HandedEvent(
    StoredEvent Stored, ContentFate Content, ReadOnlyMemory<Member> Recipients, UserId? Removed, bool IsPull)
{
    public ChatId Chat { get; } = new(Stored.Record.Chat);

    /// <summary>Whether the event deletes the chat: then the recipients are those whom it removes.</summary>
    public bool EndsChat => Stored.Record.ChatDeleted is not null;

    /// <summary>Whom the event removes, among those to be told.</summary>
    public IEnumerable<UserId> Gone =>
        EndsChat ? Recipients.ToArray().Select(static member => member.User) : Removed is { } one ? [one] : [];

    /// <summary>Whether somebody spoke or left, who types no longer then.</summary>
    public bool EndsTyping => Stored.Record.Message is not null || Removed is not null || EndsChat;

    /// <summary>When the gateway of the sender took the command, Unix milliseconds.</summary>
    public long IssuedAtMs => Snowflake.UnixMilliseconds(Stored.Record.Id);

    public long Seq => (long)Stored.Seq;

    public long N => (long)Stored.N;
}

/// <summary>Something beside the log for members of a chat, which may be lost: who types, who has read.</summary>
/// <param name="Chat">The chat.</param>
/// <param name="Recipients">Whom to tell.</param>
/// <param name="Frame">The frame.</param>
/// <param name="Ends">Whether it ends something that was shown: an outbox keeps more room for that.</param>
/// <param name="Open">Whether it is shown until an end of it follows.</param>
/// <param name="Missed">Called when a session had no room for it, perhaps before <see cref="INodeLink.Sign"/> ends;
/// null when that does not matter.</param>
internal sealed record Sign(
    ChatId Chat,
    IReadOnlyList<UserId> Recipients,
    ReadOnlyMemory<byte> Frame,
    bool Ends = false,
    bool Open = false,
    Action? Missed = null);
