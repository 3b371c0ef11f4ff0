using LiveChat.Core.Ingest;
using LiveChat.Core.Links;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>How fast a user may send through two gateways. Each gateway counts for itself.</summary>
public sealed class UserLimitTests
{
    private const int Burst = 20;
    private const int Sent = 3 * Burst;

    private static readonly RateOptions Rates = new() { UserPerSecond = 1, UserBurst = Burst };

    /// <summary>As behind a proxy that routes by user.</summary>
    [Fact]
    public void A_limit_of_a_user_holds_where_all_requests_come_to_one_gateway() =>
        Assert.Equal(Burst, Accepted([0]));

    [Fact]
    public void Without_such_a_proxy_it_is_multiplied_by_the_number_of_gateways() =>
        Assert.Equal(2 * Burst, Accepted([0, 1]));

    /// <summary>How many of the commands that come at once to these gateways in turns are taken; the others are told to
    /// come later.</summary>
    private static int Accepted(int[] gateways)
    {
        var accepted = 0;
        NodeRoles[] roles = [NodeRoles.Gateway, NodeRoles.Gateway, NodeRoles.Delivery | NodeRoles.History];
        using var stage = new Stage(roles, here: 0, there: 1, rates: Rates);
        var violations = stage.Play(async (played, chat) =>
        {
            if (chat != played.Chats[0]) return; // The limit is one for all chats.
            var answers = await Task.WhenAll(Enumerable.Range(0, Sent).Select(number => played.AtAsync(
                gateways[number % gateways.Length],
                async node => await node.AskAsync(
                    played.Other.User, played.Say(chat), isByServerKey: false, CancellationToken.None))));
            accepted = answers.Count(static answer => answer is Ack);
            var refused = answers.OfType<ErrorFrame>().ToList();
            played.World.Require(
                refused.TrueForAll(static one => one.Problem.Code == ErrorCode.RateLimited)
                && accepted + refused.Count == Sent,
                $"Commands are answered {string.Join(' ', refused)}.");
        });
        Assert.True(violations.Count == 0, string.Join('\n', violations));
        return accepted;
    }
}
