using System.Diagnostics.CodeAnalysis;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// Keeps a native handle from being freed under a call: calls enter together, closing waits until all have left and
/// lets no other in. Any thread.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A late caller must find the lock, to be told to go.")]
internal sealed class HandleGate(object owner)
{
    private readonly ReaderWriterLockSlim _lock = new();
    private bool _isClosed;

    /// <summary>Enters; leaves with the end of the <c>using</c>.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public Entry Enter()
    {
        _lock.EnterReadLock();
        if (!_isClosed)
            return new Entry(_lock);
        _lock.ExitReadLock();
        throw new ObjectDisposedException(owner.GetType().FullName);
    }

    /// <summary>Waits for those inside, then frees the handle, once.</summary>
    public void Close(Action free)
    {
        _lock.EnterWriteLock();
        try
        {
            if (_isClosed)
                return;
            _isClosed = true;
            free();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>One call inside the gate.</summary>
    public readonly ref struct Entry(ReaderWriterLockSlim held) : IDisposable
    {
        public void Dispose() => held.ExitReadLock();
    }
}
