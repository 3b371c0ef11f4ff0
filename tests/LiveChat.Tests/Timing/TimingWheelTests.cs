using LiveChat.Core.Timing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Timing;

public sealed class TimingWheelTests
{
    private readonly FakeTimeProvider _time = new();

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    [InlineData(64)]
    [InlineData(200)]
    public void An_entry_fires_once_at_its_second(int seconds)
    {
        var wheel = new TimingWheel(_time);
        var entry = new Counter(null);
        wheel.Add(entry, TimeSpan.FromSeconds(seconds));
        for (var second = 1; second < seconds; second++) Turn(wheel);
        Assert.Equal(0, entry.Fired);
        Turn(wheel);
        Assert.Equal(1, entry.Fired);
        for (var second = 0; second < 70; second++) Turn(wheel);
        Assert.Equal(1, entry.Fired);
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void An_entry_that_comes_between_two_seconds_never_fires_early(double fraction)
    {
        var wheel = new TimingWheel(_time);
        _time.Advance(TimeSpan.FromSeconds(fraction));
        var entry = new Counter(null);
        wheel.Add(entry, TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(3) - TimeSpan.FromMilliseconds(1));
        wheel.Advance();
        Assert.Equal(0, entry.Fired);
        _time.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromSeconds(fraction) + TimeSpan.FromMilliseconds(1));
        wheel.Advance();
        Assert.Equal(1, entry.Fired);
    }

    [Fact]
    public void What_comes_every_second_skips_none_however_late_in_the_second_the_wheel_turns()
    {
        var wheel = new TimingWheel(_time);
        var entry = new Counter(TimeSpan.FromSeconds(1));
        wheel.Add(entry, TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromMilliseconds(300));
        for (var second = 0; second < 10; second++) Turn(wheel);
        Assert.Equal(10, entry.Fired);
    }

    [Fact]
    public void An_entry_that_names_a_delay_fires_again()
    {
        var wheel = new TimingWheel(_time);
        var entry = new Counter(TimeSpan.FromSeconds(2));
        wheel.Add(entry, TimeSpan.FromSeconds(2));
        for (var second = 0; second < 20; second++) Turn(wheel);
        Assert.Equal(10, entry.Fired);
    }

    [Fact]
    public void A_late_turn_fires_everything_that_is_due()
    {
        var wheel = new TimingWheel(_time);
        var entries = Enumerable.Range(1, 300).Select(_ => new Counter(null)).ToList();
        for (var i = 0; i < entries.Count; i++) wheel.Add(entries[i], TimeSpan.FromSeconds(i + 1));
        _time.Advance(TimeSpan.FromSeconds(250));
        wheel.Advance();
        Assert.All(entries.Take(250), entry => Assert.Equal(1, entry.Fired));
        Assert.All(entries.Skip(250), entry => Assert.Equal(0, entry.Fired));
    }

    private void Turn(TimingWheel wheel)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        wheel.Advance();
    }

    private sealed class Counter(TimeSpan? next) : ITimed
    {
        public int Fired { get; private set; }

        public TimeSpan? OnDue()
        {
            Fired++;
            return next;
        }
    }
}
