using LiveChat.Core.FanOut;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Presence;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Ends what a user is shown of others, and others of a user, when its cause goes: typing, watches, presence. Every way
/// in which a cause goes comes here, at the moment at which it goes. What is read from the roster of this moment
/// (pages, receipts) needs no end. Any thread; nothing is called under a lock of the caller's.
/// </summary>
internal sealed class Shown(
    SessionDirectory directory, TypingDesk typing, PresenceBeats beats, PresenceWatches watches)
{
    /// <summary>The session is closed, or its connection is lost; only the first call counts.</summary>
    /// <param name="session">The session.</param>
    /// <param name="code">Why it was closed; null for a connection that is lost.</param>
    public void End(Session session, CloseCode? code)
    {
        if (directory.Remove(session))
        {
            beats.Went(session, IsOver(code));
            typing.End(session);
        }

        watches.End(session);
    }

    /// <summary>All that the user, or a device, was allowed was taken back: a device that was lost a moment ago keeps
    /// nobody online either.</summary>
    public void End(UserId user)
    {
        beats.Went(user);
        typing.End(user);
    }

    /// <summary>The user left the chat, or was removed.</summary>
    public void End(ChatId chat, UserId user)
    {
        typing.End(chat, user);
        watches.End(chat, user);
    }

    /// <summary>Whether the device does not come back by itself: then it is not waited for.</summary>
    private static bool IsOver(CloseCode? code) => code
        is CloseCode.Normal or CloseCode.TokenExpired or CloseCode.SessionRevoked or CloseCode.Forbidden;
}
