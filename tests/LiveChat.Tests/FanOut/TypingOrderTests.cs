using LiveChat.Core.FanOut;
using LiveChat.Core.Ids;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.FanOut;

public sealed class TypingOrderTests
{
    private static readonly ChatId Chat = new(1);
    private static readonly UserId User = UserId.Parse("u");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void What_comes_behind_something_later_of_its_node_does_not_pass_whatever_came_of_another_node_between()
    {
        var (first, second) = (Ids(node: 1), Ids(node: 2));
        var order = new TypingOrder(_time);
        var (typed, said, saidElsewhere) = (first.Next(), first.Next(), second.Next());

        Assert.True(order.TryPass(Chat, User, said));
        Assert.True(order.TryPass(Chat, User, saidElsewhere));
        Assert.False(order.TryPass(Chat, User, typed));
        Assert.True(order.TryPass(Chat, User, first.Next()));
    }

    private SnowflakeGenerator Ids(int node) => new(node, 0, static ms => ms + 1_000, _time);
}
