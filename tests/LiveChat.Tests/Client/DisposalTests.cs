using LiveChat.Client;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>Whoever waits for a client that is disposed of is told, and does not wait for ever.</summary>
public sealed class DisposalTests
{
    [Fact]
    public async Task Commands_without_an_answer_end_with_the_client()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Intercept = (_, frame) => frame is MessageSend or ChatGet;
        Task[] asked =
        [
            fixture.Client.SendAsync(FakePeer.Chat, "one"),
            fixture.Client.SendAsync(FakePeer.Chat, "waits for its turn"),
            fixture.Client.GetChatAsync(FakePeer.Chat),
        ];
        await ClientFixture.StandStillUntilAsync(() => fixture.Peer.Received.OfType<ChatGet>().Any());

        await fixture.PassAsync(fixture.Client.DisposeAsync().AsTask());

        foreach (var one in asked) await Assert.ThrowsAsync<ObjectDisposedException>(() => one);
    }

    [Fact]
    public async Task Whoever_waits_for_a_connection_is_told()
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Intercept = (connection, _) =>
        {
            connection.CloseWith(1006);
            return true;
        };
        var connecting = fixture.Client.ConnectAsync();
        var sending = fixture.Client.SendAsync(FakePeer.Chat, "hi");
        await fixture.UntilAsync(() => fixture.Client.State is ClientState.Reconnecting);

        await fixture.PassAsync(fixture.Client.DisposeAsync().AsTask());

        await Assert.ThrowsAsync<ObjectDisposedException>(() => connecting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => sending);
    }

    [Fact]
    public async Task An_application_that_never_gives_a_token_keeps_nobody_waiting()
    {
        await using var fixture = new ClientFixture();
        var asked = new TaskCompletionSource();
        fixture.Tokens = async _ =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
            return "never";
        };
        var connecting = fixture.Client.ConnectAsync();
        await asked.Task;

        await fixture.PassAsync(fixture.Client.DisposeAsync().AsTask());

        await Assert.ThrowsAsync<ObjectDisposedException>(() => connecting);
    }

    [Fact]
    public async Task Whoever_waits_for_the_list_of_chats_is_told()
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Intercept = (_, frame) => frame is SyncGet;
        var connecting = fixture.Client.ConnectAsync();
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<SyncGet>().Any());

        await fixture.PassAsync(fixture.Client.DisposeAsync().AsTask());

        await Assert.ThrowsAsync<ObjectDisposedException>(() => connecting);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whatever_is_called_afterwards_is_refused_and_the_events_have_ended(bool wasConnected)
    {
        await using var fixture = new ClientFixture();
        if (wasConnected) await fixture.ConnectAsync();
        await fixture.PassAsync(fixture.Client.DisposeAsync().AsTask());

        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.Client.ConnectAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.Client.SendAsync(FakePeer.Chat, "hi"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.Client.ChatsAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.Client.SetTypingAsync(FakePeer.Chat, on: true));
        await foreach (var happened in fixture.Client.ReadEventsAsync()) Assert.Fail($"{happened}");
        Assert.Equal(ClientState.Idle, fixture.Client.State);
    }

    [Fact]
    public async Task While_it_is_being_disposed_of_nothing_new_is_begun_and_all_wait_for_the_one_end()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Last.IsDeaf = true;
        var first = fixture.Client.DisposeAsync().AsTask();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.Client.ConnectAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.Client.SendAsync(FakePeer.Chat, "hi"));
        var second = fixture.Client.DisposeAsync().AsTask();
        Assert.False(first.IsCompleted || second.IsCompleted);
        await fixture.PassAsync(Task.WhenAll(first, second));
        await fixture.Client.DisposeAsync();
    }

    [Fact]
    public async Task Whatever_fails_at_the_end_the_client_ends_and_says_nothing_of_it()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Last.CloseFailure = new InvalidOperationException("A socket of a platform that is new.");

        await fixture.PassAsync(fixture.Client.DisposeAsync().AsTask());

        Assert.Equal(ClientState.Idle, fixture.Client.State);
        await foreach (var happened in fixture.Client.ReadEventsAsync()) Assert.Fail($"{happened}");
    }

    [Theory]
    [InlineData(false, "There is no connection yet.")]
    [InlineData(true, "The server has not answered yet.")]
    public async Task A_caller_who_gives_up_is_told_so_and_what_was_missing(bool isConnected, string missing)
    {
        await using var fixture = new ClientFixture();
        if (isConnected) await fixture.ConnectAsync();
        fixture.Peer.Intercept = (_, frame) => frame is Connect or MessageSend;
        using var patience = new CancellationTokenSource();
        var sending = fixture.Client.SendAsync(FakePeer.Chat, "hi", cancellationToken: patience.Token);
        await ClientFixture.StandStillUntilAsync(() => isConnected
            ? fixture.Peer.Received.OfType<MessageSend>().Any()
            : fixture.Peer.Received.OfType<Connect>().Any());
        await patience.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        Assert.Equal((missing, patience.Token), (cancelled.Message, cancelled.CancellationToken));
    }
}
