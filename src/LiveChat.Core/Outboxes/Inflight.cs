namespace LiveChat.Core.Outboxes;

/// <summary>
/// The commands of one session that have no answer yet: how many, and where their answers go. The session's reader
/// enters, whoever answers leaves; one interlocked counter.
/// </summary>
internal sealed class Inflight(Outbox outbox, int max)
{
    private int _count;

    public Outbox Outbox => outbox;

    public int Count => Volatile.Read(ref _count);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= max) return true;
        Interlocked.Decrement(ref _count);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _count);
}
