namespace LiveChat.Protocol.Frames;

/// <summary>The names of the frames on the wire: what stands in <c>type</c>.</summary>
public static class FrameType
{
    /// <summary>Client: the first frame.</summary>
    public const string Connect = "connect";

    /// <summary>Both: another token of the same user, and until when it is good.</summary>
    public const string Auth = "auth";

    /// <summary>Client: the answer to <see cref="Ping"/>.</summary>
    public const string Pong = "pong";

    /// <summary>Client: makes a chat.</summary>
    public const string ChatCreate = "chat.create";

    /// <summary>Client: changes a group's settings.</summary>
    public const string ChatUpdate = "chat.update";

    /// <summary>Client: adds members.</summary>
    public const string MemberAdd = "member.add";

    /// <summary>Client: removes a member, or leaves.</summary>
    public const string MemberRemove = "member.remove";

    /// <summary>Client: gives a member another role.</summary>
    public const string MemberRole = "member.role";

    /// <summary>Client: sends a message.</summary>
    public const string MessageSend = "message.send";

    /// <summary>Client: replaces the body of an own message.</summary>
    public const string MessageEdit = "message.edit";

    /// <summary>Client: removes the content of a message.</summary>
    public const string MessageDelete = "message.delete";

    /// <summary>Client: sets or clears a reaction.</summary>
    public const string ReactionSet = "reaction.set";

    /// <summary>Client: raises the user's markers.</summary>
    public const string Mark = "mark";

    /// <summary>Both: who types.</summary>
    public const string Typing = "typing";

    /// <summary>Client: asks for a page of a chat.</summary>
    public const string History = "history";

    /// <summary>Both: the user's chats, asked for and answered.</summary>
    public const string Chats = "chats";

    /// <summary>Both: every chat with its head, asked for and answered.</summary>
    public const string Sync = "sync";

    /// <summary>A command: one chat of the user.</summary>
    public const string ChatGet = "chat.get";

    /// <summary>An answer: one chat of the user.</summary>
    public const string Chat = "chat";

    /// <summary>Both: what the user has set for a chat, for the own devices alone.</summary>
    public const string ChatMine = "chat.mine";

    /// <summary>Client: asks who of a chat is online.</summary>
    public const string PresenceGet = "presence.get";

    /// <summary>Client: asks the same, and to be told of changes.</summary>
    public const string PresenceWatch = "presence.watch";

    /// <summary>Both: whether the user's own presence is shown.</summary>
    public const string PresenceSet = "presence.set";

    /// <summary>Server: who is online.</summary>
    public const string Presence = "presence";

    /// <summary>Server: somebody who is watched came or went.</summary>
    public const string PresenceChanged = "presence.changed";

    /// <summary>Server: the answer to <see cref="Connect"/>.</summary>
    public const string Ready = "ready";

    /// <summary>Server: the command is durable and has its place.</summary>
    public const string Ack = "ack";

    /// <summary>Server: the command is durable, its place takes longer.</summary>
    public const string Accepted = "accepted";

    /// <summary>Server: the command had no effect, or its effect is unknown.</summary>
    public const string Error = "error";

    /// <summary>Server: the token is about to expire.</summary>
    public const string TokenExpiring = "token.expiring";

    /// <summary>Server: the heartbeat.</summary>
    public const string Ping = "ping";

    /// <summary>Server: the reason, before the close.</summary>
    public const string Goodbye = "goodbye";

    /// <summary>Server: a chat has events up to here.</summary>
    public const string ChatHead = "chat.head";

    /// <summary>Server: markers of other members that rose.</summary>
    public const string Receipts = "receipts";

    /// <summary>Server: the answer to <see cref="History"/>.</summary>
    public const string Page = "page";

    /// <summary>Event: a chat was made.</summary>
    public const string ChatCreated = "chat.created";

    /// <summary>Event: the chat was deleted.</summary>
    public const string ChatDeleted = "chat.deleted";

    /// <summary>Event: a group's settings after a change.</summary>
    public const string ChatUpdated = "chat.updated";

    /// <summary>Event: members were added.</summary>
    public const string MemberAdded = "member.added";

    /// <summary>Event: a member went.</summary>
    public const string MemberRemoved = "member.removed";

    /// <summary>Event: a member has another role.</summary>
    public const string MemberRoleChanged = "member.role_changed";

    /// <summary>Event: a message.</summary>
    public const string MessageCreated = "message.created";

    /// <summary>Event: a message has another body.</summary>
    public const string MessageEdited = "message.edited";

    /// <summary>Event: a message's content is gone.</summary>
    public const string MessageDeleted = "message.deleted";

    /// <summary>Event: one of which the server cannot read any more what it was; it holds its seq.</summary>
    public const string EventUnreadable = "event.unreadable";

    /// <summary>Event: a reaction was set or cleared.</summary>
    public const string ReactionChanged = "reaction.changed";
}
