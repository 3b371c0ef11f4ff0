using System.Collections.Concurrent;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>
/// Whom the store has named as a member of a chat, now or formerly, and since which seq: who was a member stays one who
/// was. So what they send needs no second read, and goes to the log while the store is away. Keeps the last 50,000 to
/// 100,000 that were asked for, some 100 bytes each. Any thread: two who fill it at once forget some, which are read
/// again.
/// </summary>
internal sealed class SeenSenders
{
    public const int SinceMax = 50_000;

    private volatile Turn _turn = new([], []);

    /// <param name="chat">The chat.</param>
    /// <param name="user">The user.</param>
    /// <param name="fromSeq">Where the stay began when it was seen; null for a former member.</param>
    /// <returns>Whether the user was seen there.</returns>
    public bool TryGet(ChatId chat, UserId user, out long? fromSeq)
    {
        var turn = _turn;
        if (turn.New.TryGetValue((chat, user), out fromSeq)) return true;
        if (!turn.Old.TryGetValue((chat, user), out fromSeq)) return false;
        Add(chat, user, fromSeq);
        return true;
    }

    /// <summary>The user was seen there.</summary>
    public void Add(ChatId chat, UserId user, long? fromSeq)
    {
        var turn = _turn;
        turn.New[(chat, user)] = fromSeq;
        if (Interlocked.Increment(ref turn.Writes) == SinceMax) _turn = new Turn([], turn.New);
    }

    /// <param name="New">Those that were asked for since it began.</param>
    /// <param name="Old">Those of the turn before.</param>
    private sealed record Turn(
        ConcurrentDictionary<(ChatId Chat, UserId User), long?> New,
        ConcurrentDictionary<(ChatId Chat, UserId User), long?> Old)
    {
        public int Writes;
    }
}
