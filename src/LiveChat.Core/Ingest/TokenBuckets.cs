using System.Collections.Concurrent;

namespace LiveChat.Core.Ingest;

/// <summary>
/// A token bucket for each key. What is kept of a bucket is one number: the time at which it will be full again;
/// a key whose time has passed is as good as absent and is swept away. Called from any thread.
/// </summary>
internal sealed class TokenBuckets<TKey>(int perSecond, int burst, TimeProvider time)
    where TKey : notnull
{
    private const int OwedMax = 10;

    private readonly ConcurrentDictionary<TKey, long> _fullAt = new();
    private readonly long _start = time.GetTimestamp();
    private readonly long _costTicks = TimeSpan.TicksPerSecond / perSecond;
    private readonly long _depthTicks = TimeSpan.TicksPerSecond / perSecond * burst;

    public int Count => _fullAt.Count;

    /// <summary>Takes so many tokens, at most as many as there can be; zero when they were there, otherwise how long it
    /// takes until they are.</summary>
    public TimeSpan Take(TKey key, long count = 1)
    {
        var ticks = Math.Min(_costTicks * count, _depthTicks);
        while (true)
        {
            var now = Now();
            var known = _fullAt.TryGetValue(key, out var fullAt);
            var next = Math.Max(fullAt, now) + ticks;
            var wait = next - now - _depthTicks;
            if (wait > 0) return TimeSpan.FromTicks(wait);
            if (known ? _fullAt.TryUpdate(key, next, fullAt) : _fullAt.TryAdd(key, next)) return TimeSpan.Zero;
        }
    }

    /// <summary>Takes tokens for what has been done: the bucket may owe them, at most ten times what it holds, and
    /// gives none until it owes nothing.</summary>
    public void Charge(TKey key, long count)
    {
        var ticks = _costTicks * Math.Clamp(count, 0, int.MaxValue);
        while (true)
        {
            var now = Now();
            var known = _fullAt.TryGetValue(key, out var fullAt);
            var next = Math.Min(Math.Max(fullAt, now) + ticks, now + (OwedMax * _depthTicks));
            if (known ? _fullAt.TryUpdate(key, next, fullAt) : _fullAt.TryAdd(key, next)) return;
        }
    }

    /// <summary>Forgets the keys whose buckets are full.</summary>
    public void Sweep()
    {
        var now = Now();
        foreach (var entry in _fullAt)
            if (entry.Value <= now)
                _fullAt.TryRemove(entry);
    }

    private long Now() => time.GetElapsedTime(_start).Ticks;
}
