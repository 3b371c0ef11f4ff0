using LiveChat.Core.Timing;

namespace LiveChat.Core.Outboxes;

/// <summary>
/// One deadline of one session or connection, with an entry of its own on the wheel: exact to a second, whatever the
/// others are. <paramref name="look"/> says how long there is left, or acts and says when to look again; null ends it.
/// It looks at least every 30 s: so long is a closed connection kept in memory, and a step of the wall clock unnoticed.
/// The wheel calls, but for the first look.
/// </summary>
/// <param name="owner">Whose deadline it is.</param>
/// <param name="outbox">The owner's; when it is closed the deadline is over.</param>
/// <param name="look">How long there is left.</param>
internal sealed class Deadline<T>(T owner, Outbox outbox, Func<T, TimeSpan?> look) : ITimed
    where T : class
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(30);

    public TimeSpan? OnDue()
    {
        if (outbox.Closed is not null || look(owner) is not { } left) return null;
        return left < LookAgainAfter ? left : LookAgainAfter;
    }
}
