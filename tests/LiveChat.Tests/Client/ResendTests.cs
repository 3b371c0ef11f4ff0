using LiveChat.Client;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>What a person sends again, and what the server cannot take.</summary>
public sealed class ResendTests
{
    [Fact]
    public async Task A_message_that_was_given_up_and_is_sent_again_under_its_key_is_there_once()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var key = await fixture.Client.NewClientIdAsync();
        using var patience = new CancellationTokenSource();
        fixture.Peer.Intercept = (_, frame) =>
        {
            if (frame is not MessageSend send || patience.IsCancellationRequested) return false;
            fixture.Peer.Keep(send);
            patience.Cancel();
            return true;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => fixture.Client.SendAsync(FakePeer.Chat, "pay 10", key, patience.Token));
        var ack = await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "pay 10", key));

        Assert.True(ack.Duplicate);
        Assert.Single(fixture.Peer.Events);
        Assert.Equal(key, (await fixture.ReadAsync(1)).Single().ClientId);
    }

    [Fact]
    public async Task A_key_of_ones_own_goes_with_every_change()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not ChangeCommand change) return false;
            connection.ToClient(new Ack { Chat = change.Chat ?? FakePeer.Chat, Id = "1", Seq = 1, Re = frame.Id });
            return true;
        };
        var (client, chat, body) = (fixture.Client, FakePeer.Chat, new MessageBody { Text = "hi" });
        Func<string, Task<Ack>>[] changes =
        [
            key => client.CreateGroupAsync(["bob"], clientId: key),
            key => client.SendAsync(chat, body, key),
            key => client.SendAsync(chat, "hi", key),
            key => client.EditAsync(chat, 2, body, key),
            key => client.DeleteAsync(chat, 2, key),
            key => client.ReactAsync(chat, 2, "+1", on: true, key),
            key => client.AddMembersAsync(chat, ["cid"], key),
            key => client.RemoveMemberAsync(chat, "cid", key),
            key => client.SetRoleAsync(chat, "bob", MemberRoles.Owner, key),
            key => client.SetTitleAsync(chat, "Title", key),
            key => client.SetCustomAsync(chat, System.Text.Json.JsonElement.Parse("{}"), key),
        ];
        var keys = new List<string>();
        foreach (var change in changes)
        {
            keys.Add(await client.NewClientIdAsync());
            await fixture.PassAsync(change(keys[^1]));
            await Assert.ThrowsAsync<ArgumentException>(() => change("mine"));
        }

        Assert.Equal(keys, fixture.Peer.Received.OfType<ChangeCommand>().Select(command => command.ClientId));
    }

    [Fact]
    public async Task A_new_key_is_by_the_servers_clock_not_by_the_devices()
    {
        await using var fixture = new ClientFixture();
        var server = FakePeer.MakeReady("fresh").ServerTime;
        var key = await fixture.PassAsync(fixture.Client.NewClientIdAsync());
        Assert.InRange(TimeOf(key), server, fixture.Time.GetUtcNow().AddMinutes(-4));
    }

    [Fact]
    public async Task What_was_written_without_a_connection_on_a_device_that_is_ten_minutes_ahead_goes_through()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        var ahead = new ClockAhead { By = TimeSpan.FromMinutes(10) };
        await using var ann = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = server.Url,
            TokenProvider = _ => ValueTask.FromResult(server.Token("ann")),
            Time = ahead,
        });
        var outbox = new Outbox(ann);
        var chat = (await ann.CreateDirectAsync("bob", limit.Token)).Chat;
        var message = outbox.Add(chat, "written without a connection");

        Assert.Equal("#2", await outbox.TrySendAsync(message, limit.Token));

        // Somebody sets the clock while there is a connection.
        ahead.By = TimeSpan.FromHours(1);
        Assert.Equal("#3", await outbox.TrySendAsync(outbox.Add(chat, "written then"), limit.Token));
        Assert.Equal(4, (await ann.SendAsync(chat, "without a key of its own", cancellationToken: limit.Token)).Seq);
    }

    [Fact]
    public async Task What_is_longer_than_a_frame_is_refused_before_it_is_sent_and_the_rest_goes_on()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();

        var refused = await Assert.ThrowsAsync<LiveChatRefusedException>(() => fixture.PassAsync(
            fixture.Client.SendAsync(FakePeer.Chat, new string('x', 70_000))));
        var ack = await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "short"));

        Assert.Equal(ErrorCode.PayloadTooLarge, refused.Problem.Code);
        Assert.Matches("The frame would have 70[0-9]{3} bytes; the server takes 65536.", refused.Message);
        Assert.Equal(1, ack.Seq);
        Assert.Equal(["short"], fixture.Peer.Received.OfType<MessageSend>().Select(send => send.Body.Text));
        Assert.Equal((1, ClientState.Connected), (fixture.Peer.Connections, fixture.Client.State));
    }

    [Fact]
    public void A_refusal_names_the_fields_that_break_a_rule()
    {
        var problem = new Problem
        {
            Code = ErrorCode.ValidationFailed,
            Title = "A field breaks a rule.",
            Status = 422,
            Retryable = false,
        };

        Assert.Equal("A field breaks a rule.", new LiveChatRefusedException(problem).Message);
        Assert.Equal("Exactly.", new LiveChatRefusedException(problem with { Detail = "Exactly." }).Message);
        Assert.Equal(
            "A field breaks a rule: /body/text (required), /chat (id).",
            new LiveChatRefusedException(problem with
            {
                Errors = [new FieldProblem("/body/text", "required"), new FieldProblem("/chat", "id")],
            }).Message);
    }

    /// <summary>The clock of a device that somebody has set wrong.</summary>
    private sealed class ClockAhead : TimeProvider
    {
        public TimeSpan By { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + By;
    }

    private static DateTimeOffset TimeOf(string key)
    {
        Assert.True(ClientId.TryParse(key, out var id));
        return DateTimeOffset.FromUnixTimeMilliseconds(id.UnixMilliseconds);
    }
}
