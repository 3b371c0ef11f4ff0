using LiveChat.Loads.Pacing;
using Xunit;

namespace LiveChat.Tests.Loads;

public sealed class ScheduleTests
{
    private const long Frequency = 10_000_000;
    private const long Began = 5 * Frequency;

    [Fact]
    public void Nothing_is_due_before_its_time()
    {
        var schedule = new Schedule(Began, perSecond: 10, Frequency, waitingMax: 100);

        Assert.False(schedule.TryTake(Began - 1, out _));
        Assert.True(schedule.TryTake(Began, out var first));
        Assert.False(schedule.TryTake(Began + (Frequency / 10) - 1, out _));
        Assert.True(schedule.TryTake(Began + (Frequency / 10), out var second));
        Assert.Equal((Began, Began + (Frequency / 10)), (first, second));
    }

    /// <summary>The server stood still for two seconds: each of the messages of that time counts from when it was due,
    /// and not from when it could be sent.</summary>
    [Fact]
    public void What_waited_keeps_the_time_at_which_it_was_due()
    {
        var schedule = new Schedule(Began, perSecond: 10, Frequency, waitingMax: 100);
        var now = Began + (2 * Frequency);
        var waited = new List<double>();
        while (schedule.TryTake(now, out var due)) waited.Add((double)(now - due) / Frequency);

        Assert.Equal(Enumerable.Range(0, 21).Select(static i => (20 - i) / 10.0), waited, Close);
        Assert.Equal(0, schedule.GivenUp);
    }

    [Fact]
    public void What_waits_has_a_bound_and_the_oldest_are_given_up_and_counted()
    {
        var schedule = new Schedule(Began, perSecond: 10, Frequency, waitingMax: 5);
        var now = Began + (2 * Frequency);
        Assert.Equal(21, schedule.WaitingAt(now));
        var taken = 0;
        Assert.True(schedule.TryTake(now, out var due));
        for (taken = 1; schedule.TryTake(now, out _);) taken++;

        Assert.Equal((5, 16L), (taken, schedule.GivenUp));
        Assert.Equal(Began + (16 * Frequency / 10), due);
    }

    /// <summary>No rounding makes a message early, skips one or takes one twice.</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(333.3)]
    [InlineData(99_999)]
    public void Every_message_is_taken_once_in_its_order_and_never_early(double perSecond)
    {
        var schedule = new Schedule(Began, perSecond, Frequency, waitingMax: int.MaxValue);
        var number = 0L;
        for (var now = Began; number < 1_000; now += Frequency / 1_000)
            while (number < 1_000 && schedule.TryTake(now, out var due))
            {
                Assert.Equal(schedule.DueAt(number++), due);
                Assert.True(due <= now);
            }

        Assert.Equal(0, schedule.WaitingAt(schedule.DueAt(number) - 1));
        Assert.Equal(1, schedule.WaitingAt(schedule.DueAt(number)));
    }

    private static bool Close(double one, double other) => Math.Abs(one - other) < 1e-6;
}
