using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ids;

/// <summary>
/// Issues Snowflake ids (layout: <see cref="Snowflake"/>), each once: across threads, restarts, clock shifts and
/// holders of the node id. The last issued time and sequence are one number that only ever rises, by compare and
/// swap; the clock can push it forward and never back. So a clock that goes back is sat out on the last time, and
/// when the 8,192 ids of a millisecond are used up, the next millisecond is taken early instead of waited for. Both
/// borrow from the future, at most <see cref="BorrowMax"/>; beyond that ids are refused.
/// <para>Nothing is issued at or above a limit that is durable somewhere (a lease's end, a high-water mark): its
/// former holder may have issued everything below, and nothing above. Any thread may call; the lock lets one thread
/// at a time move the limit.</para>
/// </summary>
internal sealed class SnowflakeGenerator
{
    /// <summary>How far the ids' time may be ahead of the clock.</summary>
    public static readonly TimeSpan BorrowMax = TimeSpan.FromSeconds(5);

    private const long TimeEnd = 1L << Snowflake.TimeBits;

    // Above every time and every limit: nothing comes after it.
    private const long Stopped = TimeEnd << Snowflake.SequenceBits;

    private static readonly long BorrowMaxMs = (long)BorrowMax.TotalMilliseconds;

    private readonly Lock _extending = new();
    private readonly ulong _nodeBits;
    private readonly Func<long, long> _extend;
    private readonly TimeProvider _time;
    private long _last;
    private long _limitMs;

    /// <param name="node">The node id that this process holds.</param>
    /// <param name="floorMs">Every id of the node so far has a time below this one (Unix milliseconds).</param>
    /// <param name="extend">Called when the id's time given to it (Unix milliseconds) has reached the limit: returns
    /// the new limit once that is durable, or one that is not above the time when there is none to be had. It runs
    /// on the thread that wants an id and may take as long as a disk's sync.</param>
    /// <param name="time">The clock.</param>
    public SnowflakeGenerator(int node, long floorMs, Func<long, long> extend, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(node);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(node, 1 << Snowflake.NodeBits);
        _nodeBits = (ulong)node << Snowflake.SequenceBits;
        _extend = extend;
        _time = time;
        _limitMs = Math.Max(floorMs - Snowflake.EpochUnixMilliseconds, 1);
        _last = (_limitMs << Snowflake.SequenceBits) - 1;
    }

    /// <summary>The node id in every id that is issued here.</summary>
    public int Node => (int)(_nodeBits >> Snowflake.SequenceBits);

    /// <summary>The next id; above every one that the node has issued.</summary>
    /// <exception cref="IdUnavailableException">The clock is too far back, too many were issued, or the limit does
    /// not move.</exception>
    public ulong Next()
    {
        // A turn ends without an id only when another thread got one, or when the limit rose above the wanted time.
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds() - Snowflake.EpochUnixMilliseconds;
            var next = Math.Max(last + 1, nowMs << Snowflake.SequenceBits);
            var nextMs = next >> Snowflake.SequenceBits;
            ThrowIfTooFar(nextMs, nowMs);
            if (nextMs >= Volatile.Read(ref _limitMs))
            {
                Extend(nextMs);
            }
            else if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                var sequence = (ulong)next & ((1 << Snowflake.SequenceBits) - 1);
                return ((ulong)nextMs << (Snowflake.NodeBits + Snowflake.SequenceBits)) | _nodeBits | sequence;
            }
        }
    }

    /// <summary>Why no id would be issued now; null when one would be, as far as that is known without asking for
    /// more.</summary>
    public string? Refusal()
    {
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds() - Snowflake.EpochUnixMilliseconds;
        var next = Math.Max(Volatile.Read(ref _last) + 1, nowMs << Snowflake.SequenceBits);
        return TooFar(next >> Snowflake.SequenceBits, nowMs);
    }

    /// <summary>Ends the issuing for good; returns the floor for the node id's next holder.</summary>
    public long Stop()
    {
        var last = Interlocked.Exchange(ref _last, Stopped);
        return (last >> Snowflake.SequenceBits) + 1 + Snowflake.EpochUnixMilliseconds;
    }

    private void Extend(long ms)
    {
        lock (_extending)
        {
            if (ms < _limitMs)
            {
                return;
            }

            var limitMs = _extend(ms + Snowflake.EpochUnixMilliseconds) - Snowflake.EpochUnixMilliseconds;
            if (limitMs <= ms)
            {
                throw new IdUnavailableException("The lease of the node id has ended, or ends too soon.");
            }

            Volatile.Write(ref _limitMs, limitMs);
        }
    }

    private static void ThrowIfTooFar(long nextMs, long nowMs)
    {
        if (TooFar(nextMs, nowMs) is { } refusal) throw new IdUnavailableException(refusal);
    }

    private static string? TooFar(long nextMs, long nowMs) =>
        nextMs >= TimeEnd ? "The generator was stopped, or the clock is beyond the year 2094."
        : nextMs - nowMs > BorrowMaxMs
            ? $"The ids' time is {nextMs - nowMs} ms ahead of the clock, more than {BorrowMaxMs} ms: the clock went "
                + "back, or more than 8,192 ids a millisecond came for seconds. No id before the clock is there."
            : null;
}
