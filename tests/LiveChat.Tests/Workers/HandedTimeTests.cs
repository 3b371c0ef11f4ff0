using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using Xunit;

namespace LiveChat.Tests.Workers;

/// <summary>What moves the time up to which a partition was handed over.</summary>
public sealed class HandedTimeTests
{
    private const long Now = 1_764_000_000_000;

    [Fact]
    public void With_a_clock_every_record_moves_it_and_so_does_the_time_of_the_next_one()
    {
        var time = new HandedTime(hasClock: true);
        time.Take([Entry(0, Now - 5_000)], isAllHanded: true);
        Assert.Equal(Now - 5_001, time.Value);
        time.Move(At(0), Now - 5_000);
        Assert.Equal(Now - 5_000, time.Value);
        time.Take([Entry(1, Now)], isAllHanded: false);
        Assert.Equal(Now - 5_000, time.Value);
        time.Rest(Now + 1);
        Assert.Equal(Now, time.Value);
        time.Move(At(1), Now - 9);
        Assert.Equal(Now, time.Value);
    }

    [Theory]
    [InlineData(0, 0, Now)]
    [InlineData(HandedTime.OffMsMax, 0, Now + HandedTime.OffMsMax)]
    [InlineData(-HandedTime.OffMsMax, 0, Now - HandedTime.OffMsMax)]
    [InlineData(HandedTime.OffMsMax + 1, 0, 0)]
    [InlineData(-HandedTime.OffMsMax - 1, 0, 0)]
    [InlineData(-180_000, 0, 0)]
    [InlineData(0, Now, 0)]
    public void Without_one_only_a_record_does_that_was_the_last_visible_one_and_close_to_the_readers_clock(
        long offMs, long notSeen, long moved)
    {
        var time = new HandedTime(hasClock: false);
        time.Take([Entry(0, Now + offMs, Now - notSeen)], isAllHanded: true);
        Assert.Equal(0, time.Value);
        time.Move(At(0), Now + offMs);
        Assert.Equal(moved, time.Value);
    }

    [Fact]
    public void It_counts_once_everything_up_to_it_was_handed_over_and_the_next_one_after_that()
    {
        var time = new HandedTime(hasClock: false);
        time.Take([Entry(0, Now - 3, 0), Entry(1, Now - 2, Now)], isAllHanded: true);
        time.Take([Entry(2, Now - 1, Now)], isAllHanded: false);
        time.Move(At(0), Now - 3);
        Assert.Equal(0, time.Value);
        time.Move(At(2), Now - 1);
        Assert.Equal(Now - 2, time.Value); // That of the third was not kept.
        time.Take([Entry(3, Now, Now)], isAllHanded: true);
        time.Move(At(3), Now);
        Assert.Equal(Now, time.Value);
    }

    [Fact]
    public void A_time_that_falls_with_another_leader_changes_nothing()
    {
        var time = new HandedTime(hasClock: false);
        time.Take([Entry(0, Now + 4_000, Now)], isAllHanded: true);
        time.Move(At(0), Now + 4_000);
        time.Take([Entry(1, Now + 1_000, Now)], isAllHanded: true);
        time.Move(At(1), Now + 1_000);
        Assert.Equal(Now + 4_000, time.Value);
    }

    private static Position At(long offset) => Position.Create(1, offset);

    private static LogEntry Entry(long offset, long timeMs, long endSeenMs = 0) =>
        new(At(offset), timeMs, default, endSeenMs);
}
