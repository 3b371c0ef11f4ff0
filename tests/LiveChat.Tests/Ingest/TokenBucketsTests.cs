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
