using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Sessions;

public sealed class PingFramesTests
{
    private readonly PingFrames _pings = new(TestNode.Seal);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(999, 0)]
    [InlineData(1_000, 1_000)]
    [InlineData(60_000, 60_000)]
    public void A_ping_may_name_a_position_less_than_a_second_back(long after, long named)
    {
        const long start = 1_764_000_000_000;
        _pings.At(new Since(1, start));
        Assert.Equal(new Since(1, start + named), SinceOf(_pings.At(new Since(1, start + after))));
    }

    [Fact]
    public void A_ping_never_names_a_position_ahead_of_the_session()
    {
        _pings.At(new Since(1, 5_000));
        Assert.Equal(new Since(1, 4_999), SinceOf(_pings.At(new Since(1, 4_999))));
    }

    [Fact]
    public void Before_anything_is_known_a_ping_names_none_so_that_a_client_keeps_its_own()
    {
        _pings.At(new Since(1, 5_000));
        Assert.Null(PingOf(_pings.At(Since.Nothing)).Since);
        Assert.Equal(new Since(1, 5_000), SinceOf(_pings.At(new Since(1, 5_000))));
    }

    [Fact]
    public void Sessions_that_are_pinged_together_share_the_frame()
    {
        var one = _pings.At(new Since(1, 5_000));
        Assert.True(one.Equals(_pings.At(new Since(1, 5_500))));
    }

    /// <summary>It may be a session's own.</summary>
    [Fact]
    public void A_position_that_names_partitions_behind_is_not_shared()
    {
        _pings.At(new Since(1, 5_000));
        var own = new Since(1, 5_500) { Stragglers = [new Straggler(3, 7)] };
        Assert.Equal(own.Stragglers, SinceOf(_pings.At(own)).Stragglers);
        Assert.Empty(SinceOf(_pings.At(new Since(1, 5_600))).Stragglers);
    }

    private static Since SinceOf(ReadOnlyMemory<byte> frame)
    {
        var ping = PingOf(frame);
        Assert.True(TestNode.Seal.TryRead(ping.Since, out var since));
        return since;
    }

    private static Ping PingOf(ReadOnlyMemory<byte> frame) =>
        Assert.IsType<Ping>(JsonFrames.ReadServerFrame(frame.Span).Frame);
}
