using LiveChat.Client;
using LiveChat.Protocol;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>Whether and when a client connects again.</summary>
public sealed class ReconnectPolicyTests
{
    private static readonly ConnectionEnd Broken = new(1006, "broken");

    [Fact]
    public void The_pauses_lie_under_a_ceiling_that_doubles_to_thirty_seconds()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var policy = new ReconnectPolicy(new Random(seed));
            foreach (var ceiling in (double[])[1, 2, 4, 8, 16, 30, 30, 30])
            {
                Assert.InRange(policy.Next(Broken)!.Value.TotalSeconds, 0, ceiling + 0.25);
            }
        }
    }

    [Fact]
    public void The_pauses_of_many_clients_spread_over_the_whole_range()
    {
        var pauses = Enumerable.Range(0, 500)
            .Select(seed => new ReconnectPolicy(new Random(seed)).Next(Broken)!.Value.TotalSeconds).ToList();
        Assert.InRange(pauses.Count(pause => pause < 0.5), 100, 300);
    }

    [Fact]
    public void The_server_says_how_long_to_wait()
    {
        var end = new ConnectionEnd((int)CloseCode.Draining, "draining") { After = TimeSpan.FromSeconds(4.2) };
        Assert.InRange(new ReconnectPolicy(new Random(1)).Next(end)!.Value.TotalSeconds, 4.2, 4.45);
    }

    [Fact]
    public void Behind_a_drain_the_series_begins_anew_and_stays_at_two_seconds_for_eight_tries()
    {
        var most = new double[11];
        for (var seed = 0; seed < 200; seed++)
        {
            var policy = new ReconnectPolicy(new Random(seed));
            for (var i = 0; i < 5; i++) policy.Next(Broken);
            policy.Next(new ConnectionEnd((int)CloseCode.Draining, "draining") { After = TimeSpan.FromSeconds(1) });
            for (var i = 0; i < most.Length; i++)
                most[i] = Math.Max(most[i], policy.Next(Broken)!.Value.TotalSeconds);
        }

        foreach (var (pause, ceiling) in most.Zip((double[])[2, 2, 2, 2, 2, 2, 2, 2, 4, 8, 16]))
            Assert.InRange(pause, ceiling * 0.9, ceiling + 0.25);
    }

    [Fact]
    public void Only_a_connection_that_lasted_begins_the_series_anew()
    {
        var policy = new ReconnectPolicy(new Random(1));
        for (var i = 0; i < 5; i++) policy.Next(Broken with { Lasted = TimeSpan.FromSeconds(29) });
        Assert.Equal(5, policy.Attempt);
        policy.Next(Broken with { Lasted = TimeSpan.FromSeconds(30) });
        Assert.Equal(1, policy.Attempt);
    }

    /// <summary>A slow way, a slow server, or a busy one can bring each of these about.</summary>
    [Theory]
    [InlineData(CloseCode.InternalError)]
    [InlineData(CloseCode.Draining)]
    [InlineData(CloseCode.NoPong)]
    [InlineData(CloseCode.SlowConsumer)]
    [InlineData(CloseCode.TokenExpired)]
    [InlineData(CloseCode.RateLimited)]
    [InlineData(CloseCode.NodeOverloaded)]
    [InlineData(CloseCode.AuthTimeout)]
    public void A_code_that_slowness_can_cause_stops_no_client(CloseCode code) =>
        Assert.True(CloseRule.Of(code).Reconnects);

    [Theory]
    [InlineData(CloseCode.NoPong)]
    [InlineData(CloseCode.SlowConsumer)]
    [InlineData(CloseCode.TokenExpired)]
    public void Some_codes_mean_at_once_but_only_the_first_time(CloseCode code)
    {
        var policy = new ReconnectPolicy(new Random(2));
        var end = new ConnectionEnd((int)code, "x");
        Assert.InRange(policy.Next(end)!.Value.TotalSeconds, 0, 0.25);
        Assert.True(Enumerable.Range(0, 5).Sum(_ => policy.Next(end)!.Value.TotalSeconds) > 1.25);
    }

    [Fact]
    public void Every_close_code_is_sorted_as_the_protocol_sorts_it()
    {
        foreach (var rule in CloseRule.All)
        {
            var policy = new ReconnectPolicy(new Random(1));
            var end = new ConnectionEnd((int)rule.Code, rule.Name);
            var (first, second) = (policy.Next(end), policy.Next(end));
            Assert.True((first is not null, second is not null) == rule.Then switch
            {
                AfterClose.Reconnect or AfterClose.ReconnectAtOnce or AfterClose.StartOver => (true, true),
                AfterClose.TryNewToken => (true, false),
                _ => (false, false),
            }, rule.Name);
        }
    }

    [Fact]
    public void A_refused_token_is_renewed_once()
    {
        var policy = new ReconnectPolicy(new Random(1));
        var refused = new ConnectionEnd((int)CloseCode.InvalidToken, "x");
        Assert.NotNull(policy.Next(refused));
        Assert.Null(policy.Next(refused));
    }

    [Fact]
    public void For_an_unknown_code_the_goodbye_decides()
    {
        var policy = new ReconnectPolicy(new Random(1));
        Assert.NotNull(policy.Next(new ConnectionEnd(3999, "x") { Reconnect = true }));
        Assert.Null(policy.Next(new ConnectionEnd(3999, "x") { Reconnect = false }));
    }
}
