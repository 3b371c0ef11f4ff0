using LiveChat.Client;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>The client against a peer that loses what it is told to lose.</summary>
public sealed class LiveChatClientTests
{
    [Fact]
    public async Task A_lost_answer_is_asked_for_again_under_the_same_key()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var losses = 2;
        fixture.Peer.Intercept = (_, frame) => frame is MessageSend && losses-- > 0;

        var ack = await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "hi"));

        var sends = fixture.Peer.Received.OfType<MessageSend>().ToList();
        Assert.True(sends.Count >= 3);
        Assert.Single(sends.Select(send => send.ClientId).Distinct());
        Assert.Equal(1, ack.Seq);
    }

    [Fact]
    public async Task A_command_survives_the_loss_of_its_connection()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not MessageSend || fixture.Peer.Connections > 1) return false;
            fixture.Peer.Say("hi", ((MessageSend)frame).ClientId, "alice");
            connection.CloseWith(1006);
            return true;
        };

        var ack = await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "hi"));

        Assert.Equal(2, fixture.Peer.Connections);
        Assert.NotNull(ack.Id);
    }

    [Fact]
    public async Task Commands_to_a_chat_keep_their_order_also_when_the_first_is_repeated()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var losses = 2;
        fixture.Peer.Intercept = (_, frame) => frame is MessageSend && losses-- > 0;

        using var impatient = new CancellationTokenSource();
        var first = fixture.Client.SendAsync(FakePeer.Chat, "one");
        var given = fixture.Client.SendAsync(FakePeer.Chat, "never", cancellationToken: impatient.Token);
        var last = fixture.Client.SendAsync(FakePeer.Chat, "two");
        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await fixture.PassAsync(Task.WhenAll(first, last));
        Assert.Equal(
            ["one", "one", "one", "two"],
            fixture.Peer.Received.OfType<MessageSend>().Select(send => send.Body.Text));
    }

    [Fact]
    public async Task The_key_is_made_by_the_servers_clock()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "hi"));

        // The client's clock is five minutes ahead of the server's.
        Assert.True(ClientId.TryParse(fixture.Peer.Received.OfType<MessageSend>().Single().ClientId, out var key));
        var minted = DateTimeOffset.FromUnixTimeMilliseconds(key.UnixMilliseconds);
        Assert.InRange(minted, FakePeer.MakeReady("fresh").ServerTime, fixture.Time.GetUtcNow().AddMinutes(-4));
    }

    [Fact]
    public async Task Accepted_ends_the_time_out()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        uint? number = null;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not MessageSend) return false;
            number = frame.Id;
            connection.ToClient(new Accepted { Re = frame.Id });
            connection.ToClient(new Ping());
            return true;
        };

        var sending = fixture.Client.SendAsync(FakePeer.Chat, "hi");
        await ClientFixture.StandStillUntilAsync(() => fixture.Peer.Received.OfType<Pong>().Any());
        var later = fixture.Time.GetUtcNow().AddSeconds(10);
        await fixture.UntilAsync(() => fixture.Time.GetUtcNow() > later);
        fixture.Peer.Last.ToClient(new Ack { Chat = FakePeer.Chat, Id = "1", Seq = 9, Re = number });

        Assert.Equal(9, (await fixture.PassAsync(sending)).Seq);
        Assert.Single(fixture.Peer.Received.OfType<MessageSend>());
    }

    [Fact]
    public async Task A_refusal_is_final_and_a_retryable_error_is_not()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var codes = new Queue<string>([ErrorCode.RateLimited, ErrorCode.ClockAhead, ErrorCode.Forbidden]);
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not MessageSend) return false;
            var code = codes.Dequeue();
            var problem = new Problem
            {
                Code = code,
                Title = code,
                Status = 400,
                Retryable = ErrorCode.IsRetryable(code),
                RetryAfterMs = 1200,
            };
            connection.ToClient(new ErrorFrame { Re = frame.Id, Problem = problem });
            return true;
        };

        var refused = await Assert.ThrowsAsync<LiveChatRefusedException>(() => fixture.PassAsync(
            fixture.Client.SendAsync(FakePeer.Chat, "hi")));

        Assert.Equal(ErrorCode.Forbidden, refused.Problem.Code);
        Assert.Single(fixture.Peer.Received.OfType<MessageSend>().Select(send => send.ClientId).Distinct());
    }

    [Fact]
    public async Task A_ping_is_answered_and_its_position_is_resumed_from()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Last.ToClient(new Ping { Since = "later" });
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<Pong>().Any());
        fixture.Peer.Last.CloseWith((int)CloseCode.Draining);
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<Connect>().Count() >= 2);

        Assert.Equal([null, "later"], fixture.Peer.Received.OfType<Connect>().Select(connect => connect.Since));
    }

    [Fact]
    public async Task No_position_is_adopted_before_the_whole_list_is_known()
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not SyncGet || fixture.Peer.Connections > 1) return false;
            connection.ToClient(new Ping { Since = "too early" });
            connection.CloseWith(1006);
            return true;
        };
        await fixture.ConnectAsync();

        Assert.All(fixture.Peer.Received.OfType<Connect>(), connect => Assert.Null(connect.Since));
    }

    [Fact]
    public async Task A_silent_server_is_left_after_its_heartbeat_and_ten_seconds()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        await fixture.UntilAsync(() => fixture.Changes.Any(change => change.Code == (int)CloseCode.NoPong));
        await fixture.UntilAsync(() => fixture.Peer.Connections >= 2);
    }

    [Theory]
    [InlineData((int)CloseCode.Forbidden, 1)]
    [InlineData((int)CloseCode.InvalidToken, 2)]
    [InlineData((int)CloseCode.MessageTooBig, 1)]
    public async Task A_final_close_code_stops_the_client(int code, int connections)
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Intercept = (connection, _) =>
        {
            connection.ToClient(new Goodbye { Code = code, Reason = "no", Reconnect = false });
            connection.CloseWith(code);
            return true;
        };

        var stopped = await Assert.ThrowsAsync<LiveChatStoppedException>(fixture.ConnectAsync);

        Assert.Equal(code, stopped.Code);
        Assert.Equal(connections, fixture.Peer.Connections);
        Assert.Equal(ClientState.Stopped, fixture.Client.State);
        await Assert.ThrowsAsync<LiveChatStoppedException>(() => fixture.ReadAsync(1));
    }

    [Fact]
    public async Task Another_store_makes_the_client_start_over()
    {
        await using var fixture = new ClientFixture();
        for (var i = 0; i < 5; i++) fixture.Peer.Say("before");
        fixture.Peer.Ready = (_, before) => FakePeer.MakeReady(
            before == 0 ? "fresh" : "recovered", before == 0 ? "e1" : "e2");
        await fixture.ConnectAsync();
        fixture.Peer.Epoch = "e2";
        fixture.Peer.Last.CloseWith(1006);
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<SyncGet>().Count() >= 2);

        Assert.Contains(fixture.Changes, change => change.IsNewStore);
    }

    [Fact]
    public async Task A_client_that_never_connects_says_so_and_ends()
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Intercept = (connection, _) =>
        {
            connection.CloseWith(1006);
            return true;
        };
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), fixture.Time);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => fixture.PassAsync(fixture.Client.ConnectAsync(patience.Token)));
        Assert.True(fixture.Changes.Count(change => change.State == ClientState.Reconnecting) >= 3);
    }

    [Fact]
    public async Task A_token_that_expires_is_renewed_on_the_same_connection()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not Auth { Id: { } number }) return false;
            connection.ToClient(new AuthDone { Re = number, ExpiresAt = fixture.Time.GetUtcNow().AddMinutes(5) });
            return true;
        };

        fixture.Peer.Last.ToClient(new TokenExpiring { ExpiresAt = fixture.Time.GetUtcNow().AddMinutes(1) });
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<Auth>().Any());
        await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "hi"));

        Assert.Equal("token", fixture.Peer.Received.OfType<Auth>().Single().Token);
        Assert.Equal(1, fixture.Peer.Connections);
    }

    [Fact]
    public async Task A_token_that_is_not_to_be_had_costs_nothing_before_the_old_one_ends()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Tokens = _ => throw new IOException("The backend is away.");
        fixture.Peer.Last.ToClient(new TokenExpiring { ExpiresAt = fixture.Time.GetUtcNow().AddMinutes(1) });
        await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "hi"));
        Assert.Equal(ClientState.Connected, fixture.Client.State);

        fixture.Peer.Last.CloseWith((int)CloseCode.TokenExpired);
        await fixture.UntilAsync(() => fixture.Client.State is ClientState.Reconnecting);
        fixture.Tokens = _ => ValueTask.FromResult("token");
        await fixture.UntilAsync(() => fixture.Client.State is ClientState.Connected);
    }
}
