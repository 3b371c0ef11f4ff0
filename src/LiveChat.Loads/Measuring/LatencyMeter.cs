using HdrHistogram;

namespace LiveChat.Loads.Measuring;

/// <summary>
/// The latencies of one run, in microseconds to three digits: of the messages that were due within the measured time,
/// and of everything since the last look. Any thread records; each chat keeps to one of some shards, whose lock keeps
/// its two histograms together. A latency above ten minutes counts as ten minutes.
/// </summary>
internal sealed class LatencyMeter
{
    private const long MicrosecondsMax = 600_000_000;
    private const int Digits = 3;
    private const int ShardCount = 8;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, ShardCount).Select(static _ => new Shard())];
    private long _from = long.MaxValue;
    private long _until = long.MaxValue;

    /// <summary>What is due from this timestamp on is measured.</summary>
    public void Begin(long now) => Volatile.Write(ref _from, now);

    /// <summary>What is due from this timestamp on is not measured any more; what was due before and comes later still
    /// is.</summary>
    public void End(long now) => Volatile.Write(ref _until, now);

    /// <summary>Whether a message of this time is measured.</summary>
    public bool Measures(long due) => due >= Volatile.Read(ref _from) && due < Volatile.Read(ref _until);

    /// <param name="place">Any number; the same one always goes to the same shard.</param>
    /// <param name="due">When the message was due.</param>
    /// <param name="took">From then to its delivery.</param>
    public void Record(int place, long due, TimeSpan took)
    {
        var microseconds = Math.Clamp((long)took.TotalMicroseconds, 1, MicrosecondsMax);
        var shard = _shards[(uint)place % ShardCount];
        lock (shard.Lock)
        {
            shard.Interval.RecordValue(microseconds);
            if (Measures(due)) shard.Total.RecordValue(microseconds);
        }
    }

    /// <summary>Everything that was measured.</summary>
    public LongHistogram Total()
    {
        var sum = NewHistogram();
        foreach (var shard in _shards)
            lock (shard.Lock)
                sum.Add(shard.Total);
        return sum;
    }

    /// <summary>What came since the last call, measured or not.</summary>
    public LongHistogram TakeInterval()
    {
        var sum = NewHistogram();
        foreach (var shard in _shards)
            lock (shard.Lock)
            {
                sum.Add(shard.Interval);
                shard.Interval.Reset();
            }

        return sum;
    }

    /// <summary>An empty histogram of the same range.</summary>
    public static LongHistogram NewHistogram() => new(MicrosecondsMax, Digits);

    private sealed class Shard
    {
        public Lock Lock { get; } = new();

        public LongHistogram Total { get; } = NewHistogram();

        public LongHistogram Interval { get; } = NewHistogram();
    }
}
