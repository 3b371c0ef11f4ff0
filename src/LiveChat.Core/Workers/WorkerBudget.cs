namespace LiveChat.Core.Workers;

/// <summary>
/// How much a worker keeps in memory, over all partitions that it has at the moment: chats, keys, records that wait.
/// One partition alone may use all of it. When it is used up, each partition that has more than its share gives way,
/// and the others go on. Any thread.
/// </summary>
internal sealed class WorkerBudget(WorkerOptions options)
{
    private int _partitions = 1;
    private long _chats;
    private long _keys;
    private long _waiting;
    private long _waitingBytes;

    /// <summary>How many partitions share it; at least 1.</summary>
    public int Partitions
    {
        get => Volatile.Read(ref _partitions);
        set => Volatile.Write(ref _partitions, Math.Max(1, value));
    }

    public long Chats => Volatile.Read(ref _chats);

    public long Keys => Volatile.Read(ref _keys);

    /// <summary>What each partition may have, whatever the others have.</summary>
    public int ChatShare => Math.Max(1, options.ChatsMax / Partitions);

    /// <summary>What each partition may have, whatever the others have.</summary>
    public int KeyShare => Math.Max(1, options.KeysMax / Partitions);

    /// <summary>Partitions with more than their share let chats go.</summary>
    public bool HasTooManyChats => Chats > options.ChatsMax;

    /// <summary>Partitions with more than their share let keys go.</summary>
    public bool HasTooManyKeys => Keys > options.KeysMax;

    /// <summary>So much is in memory that history does not let go: partitions with more than their share wait.
    /// </summary>
    public bool IsFull => Chats >= 2L * options.ChatsMax || Keys >= 2L * options.KeysMax;

    public void AddChats(int count) => Interlocked.Add(ref _chats, count);

    public void AddKeys(int count) => Interlocked.Add(ref _keys, count);

    /// <summary>Counts records that wait for a read, or that do no longer.</summary>
    public void AddWaiting(int count, long bytes)
    {
        Interlocked.Add(ref _waiting, count);
        Interlocked.Add(ref _waitingBytes, bytes);
    }

    /// <summary>Whether a partition in which so much waits takes no further record now.</summary>
    public bool IsFullFor(int waiting, long waitingBytes) =>
        (waiting >= Math.Max(1, options.WaitingMax / Partitions) && Volatile.Read(ref _waiting) >= options.WaitingMax)
        || (waitingBytes >= Math.Max(1, options.WaitingBytesMax / Partitions)
            && Volatile.Read(ref _waitingBytes) >= options.WaitingBytesMax);
}
