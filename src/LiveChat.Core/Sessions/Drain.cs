using LiveChat.Core.Outboxes;
using LiveChat.Protocol;

namespace LiveChat.Core.Sessions;

/// <summary>
/// How a node goes away: it takes no further <c>connect</c>, and tells each connection, also one that has not signed
/// in, when to come back, spread over the window. It knows the connections that have not signed in; the directory knows
/// the others. A connection that comes before <see cref="Begin"/> is told by <see cref="DismissUnsigned"/>, one that
/// comes after finds <see cref="IsOn"/>. Any thread; the lock keeps the list and the chance.
/// </summary>
/// <param name="window">Over how much time clients are spread.</param>
/// <param name="random">Spreads them.</param>
internal sealed class Drain(TimeSpan window, Random random)
{
    private readonly Lock _lock = new();

    /// <summary>In the order in which they came, which a replay repeats.</summary>
    private readonly SortedDictionary<long, Outbox> _unsigned = [];

    private long _last;
    private volatile bool _isOn;

    /// <summary>Whether the node goes away.</summary>
    public bool IsOn => _isOn;

    public void Begin() => _isOn = true;

    /// <summary>Adds a connection that has not signed in; the number takes it out again.</summary>
    public long Add(Outbox outbox)
    {
        long number;
        lock (_lock) _unsigned.Add(number = ++_last, outbox);
        if (IsOn) Dismiss(outbox);
        return number;
    }

    /// <summary>Takes a connection out that has signed in, or is gone; also one that was taken out before.</summary>
    public void Remove(long number)
    {
        lock (_lock) _unsigned.Remove(number);
    }

    public void Dismiss(Outbox outbox) => outbox.Close(CloseCode.Draining, AfterMs());

    public void DismissUnsigned()
    {
        Outbox[] outboxes;
        lock (_lock) outboxes = [.. _unsigned.Values];
        foreach (var outbox in outboxes) Dismiss(outbox);
    }

    /// <summary>When a client may come back, in milliseconds from now.</summary>
    public int AfterMs()
    {
        lock (_lock) return random.Next((int)Math.Max(1, window.TotalMilliseconds));
    }
}
