namespace LiveChat.Core.Outboxes;

/// <summary>
/// How fast one connection may send frames: a token bucket as one number, the time at which it is full again.
/// Used by the connection's reader only.
/// </summary>
internal sealed class FrameMeter(int perSecond, int burst, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private readonly long _cost = TimeSpan.TicksPerSecond / perSecond;
    private long _fullAt;

    /// <summary>False for a frame too many.</summary>
    public bool TryTake()
    {
        var now = time.GetElapsedTime(_start).Ticks;
        var next = Math.Max(_fullAt, now) + _cost;
        if (next - now > _cost * burst) return false;
        _fullAt = next;
        return true;
    }
}
