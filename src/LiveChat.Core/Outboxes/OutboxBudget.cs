namespace LiveChat.Core.Outboxes;

/// <summary>
/// The bytes that all outboxes of a node hold together. Full means: events become heads, as in a full outbox.
/// Called from every thread; one interlocked counter.
/// </summary>
internal sealed class OutboxBudget(long bytesMax)
{
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public bool HasRoom(int bytes) => Bytes + bytes <= bytesMax;

    public void Add(int bytes) => Interlocked.Add(ref _bytes, bytes);
}
