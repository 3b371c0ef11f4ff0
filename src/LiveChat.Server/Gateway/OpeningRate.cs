using System.Diagnostics.Metrics;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Server.Gateway;

/// <summary>
/// How fast the node takes connections, whoever asks: a storm of clients that come back must not take the place of
/// those who are there. Who is refused is given a time of its own to come back at, as many in a second as the node
/// takes, so that all of them get in. Any thread; the lock keeps both times.
/// </summary>
internal sealed class OpeningRate
{
    private const string Detail = "The node takes no more connections at this moment.";

    /// <summary>Nobody is told to wait for longer.</summary>
    private static readonly TimeSpan AfterMax = TimeSpan.FromMinutes(1);

    /// <summary>Nobody who was refused comes back sooner.</summary>
    private static readonly TimeSpan AfterMin = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _each;
    private readonly TimeSpan _depth;
    private readonly Lock _lock = new();

    private long _refused;

    /// <summary>When the bucket is full again.</summary>
    private TimeSpan _fullAt;

    /// <summary>The last time that was given to somebody who was refused.</summary>
    private TimeSpan _givenAt;

    public OpeningRate(ConnectionOptions options, Meter meter, TimeProvider time)
    {
        (_time, _start) = (time, time.GetTimestamp());
        _each = TimeSpan.FromSeconds(1) / options.OpensPerSecond;
        _depth = _each * options.OpensBurst;
        meter.CreateObservableCounter(
            "livechat.connections.postponed",
            () => Volatile.Read(ref _refused),
            "{connection}",
            "Connections that were told to come back later, since too many came at once.");
    }

    /// <summary>Takes a connection, or says when it may come back.</summary>
    /// <returns>The refusal; null when it was taken.</returns>
    public Problem? Take()
    {
        TimeSpan after;
        lock (_lock)
        {
            var now = _time.GetElapsedTime(_start);
            var next = (_fullAt > now ? _fullAt : now) + _each;
            if (next - now <= _depth)
            {
                _fullAt = next;
                return null;
            }

            var earliest = now + AfterMin;
            _givenAt = (_givenAt > earliest ? _givenAt : earliest) + _each;
            after = _givenAt - now;
            if (after > AfterMax) _givenAt = earliest;
        }

        Interlocked.Increment(ref _refused);
        after = after < AfterMax ? after : AfterMax;
        return Problems.Of(ErrorCode.RateLimited, Detail, (int)after.TotalMilliseconds);
    }
}
