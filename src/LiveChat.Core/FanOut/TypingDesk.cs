using System.Collections.Concurrent;
using LiveChat.Core.Chats;
using LiveChat.Core.Ids;
using LiveChat.Core.Links;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// The gateway's half of typing: tells the owner of a chat who types in it, and when a session is over through which
/// somebody did. Any thread.
/// </summary>
/// <param name="board">This node's half of the owner.</param>
/// <param name="signals">The ways to other owners.</param>
/// <param name="ids">This node's ids, whose order is that of its messages, too.</param>
internal sealed class TypingDesk(TypingBoard board, ISignals signals, SnowflakeGenerator ids)
{
    /// <summary>Sessions that typed where another node is the owner.</summary>
    private readonly ConcurrentDictionary<ulong, bool> _elsewhere = new();

    /// <summary>Notes that the member types, or stopped.</summary>
    /// <param name="chat">The chat as it was when the command came.</param>
    /// <param name="user">Who types.</param>
    /// <param name="outbox">The outbox of the session or the request that says so.</param>
    /// <param name="session">The session's number; 0 for a request.</param>
    /// <param name="on">False when the user stopped.</param>
    /// <exception cref="IdUnavailableException">There are no ids.</exception>
    public void Set(ChatState chat, UserId user, Outbox outbox, ulong session, bool on)
    {
        if (signals.OwnerOf(chat.Chat) is not { } owner)
        {
            board.Set(chat, user, new OwnTypingSource(outbox), on);
            return;
        }

        if (session != 0) _elsewhere[session] = true;
        owner.Tell(new Signal
        {
            Typed = new Signal.Types.Typed
            {
                Chat = chat.Chat.Value, User = user.Value, Session = session, On = on, Id = ids.Next(),
            },
        });
    }

    /// <summary>The session is over: nobody types through it any more.</summary>
    public void End(ConnectedDevice session)
    {
        board.End(new OwnTypingSource(session.Outbox));
        if (_elsewhere.TryRemove(session.Number, out _))
            signals.ToAll(new Signal { TypingOver = new Signal.Types.TypingOver { Session = session.Number } });
    }

    /// <summary>What the user was allowed was taken back. Owners read that for themselves.</summary>
    public void End(UserId user) => board.End(user);

    /// <summary>The user left the chat.</summary>
    public void End(ChatId chat, UserId user) => board.End(chat, user);
}
