namespace LiveChat.Embedded.Log;

/// <summary>
/// Whether the disk has room for more: asked before every append, looked up at most once a second, so that a full
/// disk is met as a refusal and not as a broken write. Any thread; the lock keeps the look-ups apart.
/// </summary>
internal sealed class DiskReserve(long reserveBytes, Func<long> freeBytes, TimeProvider time)
{
    private static readonly TimeSpan LookUpPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _lookedUpAt;
    private bool _isLookedUp;
    private bool _hasRoom;

    public static DiskReserve For(string folder, long reserveBytes, TimeProvider time)
    {
        var drive = new DriveInfo(Path.GetFullPath(folder));
        return new DiskReserve(reserveBytes, () => drive.AvailableFreeSpace, time);
    }

    public bool HasRoom()
    {
        lock (_lock)
        {
            if (!_isLookedUp || time.GetElapsedTime(_lookedUpAt) >= LookUpPeriod)
            {
                _hasRoom = freeBytes() >= reserveBytes;
                _lookedUpAt = time.GetTimestamp();
                _isLookedUp = true;
            }

            return _hasRoom;
        }
    }
}
