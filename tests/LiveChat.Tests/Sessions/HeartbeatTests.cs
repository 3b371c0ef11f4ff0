using LiveChat.Core.Ingest;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>What time does to a session; the time is moved by hand.</summary>
public sealed class HeartbeatTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public async Task A_device_that_does_not_connect_within_10_s_is_closed_and_may_come_back()
    {
        await using var node = await TestNode.StartAsync(_time);
        var device = node.Open();
        await node.TurnAsync(12);
        var goodbye = await device.GoodbyeAsync();
        Assert.Equal(((int)CloseCode.AuthTimeout, true), (goodbye.Code, goodbye.Reconnect));
    }

    /// <summary>Clients stop for good at a code above 4500: only a device that says nothing is to get one.</summary>
    [Fact]
    public async Task Whoever_connects_while_the_node_is_slow_to_look_is_told_to_come_again()
    {
        var answered = new TaskCompletionSource();
        await using var node = await TestNode.StartAsync(
            _time, change: ports => ports with { Tokens = new SlowTokens(ports.Tokens, answered.Task) });
        var device = node.Open();
        await node.TurnAsync(8);
        var connecting = device.SendAsync(new Connect { Id = 1, Token = "ann", Device = "d1" });
        await node.TurnAsync(8);
        Assert.Null(device.Connection.Outbox.Closed); // The node has its own 10 s.
        await node.TurnAsync(4);
        var goodbye = await device.GoodbyeAsync();
        Assert.Equal((int)CloseCode.NodeOverloaded, goodbye.Code);
        Assert.True(goodbye.Reconnect);
        answered.SetResult();
        await connecting;

        // The node is quick again, and so is the device.
        Assert.NotNull((await node.ConnectAsync("ann")).Ready);
    }

    [Fact]
    public async Task Pings_come_every_30_s_and_silence_is_closed_after_60_s()
    {
        await using var node = await TestNode.StartAsync(_time);
        var ann = await node.ConnectAsync("ann");
        await node.TurnAsync(40);
        await ann.NextAsync<Ping>();
        await node.TurnAsync(30);
        var goodbye = await ann.GoodbyeAsync();
        Assert.Equal((int)CloseCode.NoPong, goodbye.Code);
        Assert.True(goodbye.Reconnect);
    }

    [Fact]
    public async Task Any_frame_keeps_a_session()
    {
        await using var node = await TestNode.StartAsync(_time);
        var ann = await node.ConnectAsync("ann");
        for (var i = 0; i < 6; i++)
        {
            await node.TurnAsync(30);
            await ann.SendAsync(new Pong());
        }

        Assert.Null(ann.Connection.Outbox.Closed);
    }

    [Fact]
    public async Task An_expired_token_closes_the_session()
    {
        await using var node = await TestNode.StartAsync(_time);
        var ann = await node.ConnectAsync("ann");
        for (var i = 0; i < 11; i++)
        {
            await node.TurnAsync(30);
            await ann.SendAsync(new Pong());
        }

        Assert.Equal((int)CloseCode.TokenExpired, (await ann.GoodbyeAsync()).Code);
    }

    [Fact]
    public async Task A_token_is_warned_about_a_minute_before_its_end_and_renewed_by_another()
    {
        await using var node = await TestNode.StartAsync(_time);
        var ann = await node.ConnectAsync("ann");
        var expiresAt = _time.GetUtcNow() + TestNode.TokenLifetime;
        for (var i = 0; i < 8; i++)
        {
            await node.TurnAsync(28);
            await ann.SendAsync(new Pong());
        }

        await node.TurnAsync(15);
        Assert.Equal(TimeSpan.FromSeconds(61), expiresAt - _time.GetUtcNow());
        Assert.Equal(expiresAt, (await ann.NextAsync<TokenExpiring>()).ExpiresAt);
        var answer = Assert.IsType<AuthDone>(await ann.AskAsync(new Auth { Token = "ann" }));
        Assert.Equal(_time.GetUtcNow() + TestNode.TokenLifetime, answer.ExpiresAt);
        for (var i = 0; i < 8; i++)
        {
            await node.TurnAsync(30);
            await ann.SendAsync(new Pong());
        }

        Assert.Null(ann.Connection.Outbox.Closed);
    }

    [Fact]
    public async Task A_token_with_little_left_is_warned_about_at_once_and_again()
    {
        await using var node = await TestNode.StartAsync(_time);
        var ann = await node.ConnectAsync("brief");
        await node.TurnAsync(28);
        await ann.NextAsync<TokenExpiring>();
        await ann.NextAsync<TokenExpiring>();
        Assert.Null(ann.Connection.Outbox.Closed);
        await node.TurnAsync(4);
        Assert.Equal((int)CloseCode.TokenExpired, (await ann.GoodbyeAsync()).Code);
    }

    [Fact]
    public async Task A_token_that_is_refused_leaves_the_session_as_it_was_and_another_users_closes_it()
    {
        await using var node = await TestNode.StartAsync(_time);
        var ann = await node.ConnectAsync("ann");
        Assert.Equal(ErrorCode.Unauthorized, (await ann.ProblemAsync(new Auth { Token = "not valid" })).Code);
        Assert.Equal(ErrorCode.TokenExpired, (await ann.ProblemAsync(new Auth { Token = "expired" })).Code);
        Assert.Null(ann.Connection.Outbox.Closed);

        await ann.SendAsync(new Auth { Id = 9, Token = "bob" });
        Assert.Equal((int)CloseCode.BadFrame, (await ann.GoodbyeAsync()).Code);
    }

    [Fact]
    public async Task Whoever_stays_behind_is_closed_after_the_grace_and_nobody_else_waits()
    {
        var outbox = new OutboxOptions { FramesMax = 16, GraceSeconds = 10 };
        var ingest = new IngestOptions { UnansweredMessagesMax = 0 };
        await using var node = await TestNode.StartAsync(_time, new NodeOptions { Outbox = outbox, Ingest = ingest });
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var chat = await ann.CreateAsync("bob");
        for (var i = 0; i < 20; i++) await ann.AckAsync(ann.Message(chat, $"m{i}"));
        Assert.True(bob.Connection.Outbox.IsBehind);
        await node.TurnAsync(20);
        var goodbye = await bob.GoodbyeAsync();
        Assert.Equal((int)CloseCode.SlowConsumer, goodbye.Code);
        Assert.True(goodbye.Reconnect);
        Assert.Null(ann.Connection.Outbox.Closed);
    }

    /// <summary>Says whose token it is once a task is done.</summary>
    private sealed class SlowTokens(ITokenVerifier tokens, Task until) : ITokenVerifier
    {
        public async ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken)
        {
            await until;
            return await tokens.VerifyAsync(token, cancellationToken);
        }
    }
}
