using LiveChat.Core.Ingest;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Ingest;

public sealed class TokenBucketsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_burst_passes_and_then_the_wait_is_named()
    {
        var buckets = new TokenBuckets<string>(perSecond: 10, burst: 5, _time);
        for (var i = 0; i < 5; i++) Assert.Equal(TimeSpan.Zero, buckets.Take("a"));
        Assert.Equal(TimeSpan.FromMilliseconds(100), buckets.Take("a"));
        Assert.Equal(TimeSpan.Zero, buckets.Take("b"));
    }

    [Fact]
    public void Tokens_come_back_at_the_rate()
    {
        var buckets = new TokenBuckets<string>(perSecond: 10, burst: 5, _time);
        for (var i = 0; i < 5; i++) buckets.Take("a");
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(TimeSpan.Zero, buckets.Take("a"));
        Assert.Equal(TimeSpan.Zero, buckets.Take("a"));
        Assert.NotEqual(TimeSpan.Zero, buckets.Take("a"));
    }

    [Fact]
    public void What_was_charged_is_owed_and_paid_back_before_the_next_token()
    {
        var buckets = new TokenBuckets<string>(perSecond: 10, burst: 5, _time);
        buckets.Charge("a", 8);
        Assert.Equal(TimeSpan.FromMilliseconds(400), buckets.Take("a"));
        Assert.Equal(TimeSpan.Zero, buckets.Take("b"));
        _time.Advance(TimeSpan.FromMilliseconds(400));
        Assert.Equal(TimeSpan.Zero, buckets.Take("a"));

        // However much it was, the wait has an end.
        buckets.Charge("a", long.MaxValue);
        Assert.Equal(TimeSpan.FromMilliseconds((9 * 500) + 100), buckets.Take("a"));
    }

    [Fact]
    public void Full_buckets_are_forgotten()
    {
        var buckets = new TokenBuckets<string>(perSecond: 10, burst: 5, _time);
        buckets.Take("a");
        buckets.Sweep();
        Assert.Equal(1, buckets.Count);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        buckets.Sweep();
        Assert.Equal(0, buckets.Count);
    }
}
