using LiveChat.Client;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>Which transport a client tries next, by how the former ones ended.</summary>
public sealed class TransportChoiceTests
{
    private static readonly ConnectionEnd Blocked = new(null, "not let through") { IsBlocked = true };
    private static readonly ConnectionEnd Late = new(null, "no answer") { IsLate = true };
    private static readonly ConnectionEnd Refused = new(null, "the server is away");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void What_is_not_let_through_is_followed_by_the_next_in_the_same_attempt_and_the_last_by_the_first_later()
    {
        var choice = new TransportChoice(3, _time);
        Assert.True(choice.TryNext(Blocked));
        Assert.True(choice.TryNext(Blocked));
        Assert.Equal(2, choice.Current);
        Assert.False(choice.TryNext(Blocked));
        Assert.Equal(0, choice.Current);
    }

    [Fact]
    public void A_server_that_is_away_is_no_reason_for_another_transport()
    {
        var choice = new TransportChoice(3, _time);
        Assert.False(choice.TryNext(Refused));
        for (var i = 0; i < 10; i++) choice.Note(Refused);
        choice.Note(new ConnectionEnd(4001, "draining") { Lasted = TimeSpan.FromSeconds(1) });
        choice.Note(new ConnectionEnd(4001, "draining") { Lasted = TimeSpan.FromSeconds(1) });
        Assert.Equal(0, choice.Current);
    }

    [Fact]
    public void What_hangs_is_followed_by_the_next_in_the_next_attempt()
    {
        var choice = new TransportChoice(3, _time);
        Assert.False(choice.TryNext(Late));
        choice.Note(Late);
        Assert.Equal(1, choice.Current);
    }

    [Theory]
    [InlineData(9, 9, 1)]
    [InlineData(9, 10, 0)]
    [InlineData(10, 9, 0)]
    public void Two_connections_in_a_row_that_broke_within_ten_seconds_are_enough(int first, int second, int expected)
    {
        var choice = new TransportChoice(3, _time);
        foreach (var seconds in (int[])[first, second])
            choice.Note(new ConnectionEnd(1006, "broke") { Lasted = TimeSpan.FromSeconds(seconds) });
        Assert.Equal(expected, choice.Current);
    }

    [Fact]
    public void What_worked_is_tried_first_for_ten_minutes_and_then_the_best()
    {
        var choice = new TransportChoice(3, _time);
        choice.TryNext(Blocked);
        _time.Advance(TimeSpan.FromMinutes(9.9));
        choice.Begin();
        Assert.Equal(1, choice.Current);
        _time.Advance(TimeSpan.FromMinutes(0.1));
        choice.Begin();
        Assert.Equal(0, choice.Current);
    }

    [Fact]
    public void With_one_transport_there_is_no_choice()
    {
        var choice = new TransportChoice(1, _time);
        Assert.False(choice.TryNext(Blocked));
        choice.Note(Late);
        Assert.Equal(0, choice.Current);
    }
}
