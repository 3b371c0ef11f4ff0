namespace LiveChat.Embedded.Disk;

/// <summary>
/// Whether the disk has room for more: asked before every append, looked up at most once a second, so that a full
/// disk is met as a refusal and not as a broken write. A disk that does not say how much is free takes nothing either.
/// Any thread; the lock keeps the look-ups apart.
/// </summary>
internal sealed class DiskReserve(long reserveBytes, Func<long> freeBytes, TimeProvider time)
{
    /// <summary>The state of a node whose disk is short.</summary>
    public const string StateName = "disk_short";

    private static readonly TimeSpan LookUpPeriod = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _lookedUpAt;
    private bool _isLookedUp;
    private string? _refusal;

    public static DiskReserve For(string folder, long reserveBytes, TimeProvider time)
    {
        var drive = new DriveInfo(Path.GetFullPath(folder));
        return new DiskReserve(reserveBytes, () => drive.AvailableFreeSpace, time);
    }

    /// <summary>Why nothing may be written now; null when there is room.</summary>
    public string? Refusal()
    {
        lock (_lock)
        {
            if (!_isLookedUp || time.GetElapsedTime(_lookedUpAt) >= LookUpPeriod)
            {
                _refusal = LookUp();
                _lookedUpAt = time.GetTimestamp();
                _isLookedUp = true;
            }

            return _refusal;
        }
    }

    private string? LookUp()
    {
        try
        {
            return freeBytes() >= reserveBytes
                ? null
                : "The disk of the data folder is short of room: free some, or lower the reserve.";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The disk of the data folder does not say how much room it has: {e.Message}";
        }
    }
}
