using LiveChat.Core.Timing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Timing;

public sealed class RecentTests
{
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void An_entry_is_kept_for_its_time_and_for_twice_as_long_at_most()
    {
        var recent = new Recent<string, int>(Lasting, 100, _time);
        _time.Advance(Lasting * 0.9);
        recent.Set("a", 1);
        _time.Advance(Lasting * 0.9);
        recent.Set("b", 2);
        Assert.True(recent.TryGet("a", out var kept));
        Assert.Equal(1, kept);
        _time.Advance(Lasting * 1.1);
        recent.Set("c", 3);
        Assert.False(recent.TryGet("a", out _));
        Assert.True(recent.TryGet("b", out _));
    }

    [Fact]
    public void The_last_value_of_a_key_counts()
    {
        var recent = new Recent<string, int>(Lasting, 100, _time);
        recent.Set("a", 1);
        _time.Advance(Lasting);
        recent.Set("a", 2);
        Assert.True(recent.TryGet("a", out var value));
        Assert.Equal(2, value);
    }

    [Fact]
    public void Full_means_that_entries_are_kept_for_less()
    {
        const int Max = 100;
        var recent = new Recent<int, int>(Lasting, Max, _time);
        for (var i = 0; i < 10 * Max; i++) recent.Set(i, i);
        Assert.InRange(Enumerable.Range(0, 10 * Max).Count(key => recent.TryGet(key, out _)), 1, 2 * Max);
        Assert.True(recent.TryGet((10 * Max) - 1, out _));
    }

    [Fact]
    public void Nothing_is_forgotten_for_its_age_while_it_is_held()
    {
        var recent = new Recent<string, int>(Lasting, 100, _time) { Holds = static () => true };
        recent.Set("a", 1);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(Lasting);
            recent.Set("b", i);
        }

        Assert.True(recent.TryGet("a", out _));
    }
}
