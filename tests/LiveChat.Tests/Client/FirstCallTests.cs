using LiveChat.Client;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>A client that was not told to connect, that has two readers, that fails inside.</summary>
public sealed class FirstCallTests
{
    [Fact]
    public async Task Every_call_connects_by_itself()
    {
        var calls = new Dictionary<string, Func<LiveChatClient, Task>>
        {
            ["ConnectAsync"] = client => client.ConnectAsync(),
            ["NewClientIdAsync"] = client => client.NewClientIdAsync(),
            ["SendAsync"] = client => client.SendAsync(FakePeer.Chat, "hi"),
            ["GetChatAsync"] = client => client.GetChatAsync(FakePeer.Chat),
            ["HistoryAsync"] = client => client.HistoryAsync(new HistoryGet { Chat = FakePeer.Chat }),
            ["WatchPresenceAsync"] = client => client.WatchPresenceAsync(FakePeer.Chat, ["bob"]),
        };
        foreach (var (name, call) in calls)
        {
            await using var fixture = new ClientFixture();
            await fixture.PassAsync(call(fixture.Client));
            Assert.True(fixture.Client.State is ClientState.Connected, name);
        }
    }

    [Fact]
    public async Task Reading_the_events_connects_by_itself()
    {
        await using var fixture = new ClientFixture();
        var reading = fixture.ReadAsync(1);
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<SyncGet>().Any());
        var said = fixture.Peer.Say("hi");
        Assert.Equal(said.Seq, (await reading).Single().Seq);
    }

    [Fact]
    public async Task A_second_reader_is_refused_and_the_first_gets_everything()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var first = fixture.ReadAsync(2);
        fixture.Peer.Say("one");
        await ClientFixture.StandStillUntilAsync(() => fixture.Client.IsRead);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var happened in fixture.Client.ReadEventsAsync()) Assert.Fail($"{happened}");
        });
        fixture.Peer.Say("two");

        Assert.StartsWith("The events of this client are being read", refused.Message, StringComparison.Ordinal);
        Assert.Equal([1L, 2L], (await first).Select(happened => happened.Seq));
        fixture.Peer.Say("three");
        Assert.Equal(3, (await fixture.ReadAsync(1)).Single().Seq);
    }

    [Fact]
    public async Task What_the_platform_cannot_do_stops_the_client_and_says_so()
    {
        var unsupported = new PlatformNotSupportedException("There are no sockets here.");
        await using var fixture = new ClientFixture(connect: (_, _) => throw unsupported);

        var stopped = await Assert.ThrowsAsync<LiveChatStoppedException>(fixture.ConnectAsync);

        Assert.Equal("the client cannot go on: There are no sockets here.", stopped.Message);
        Assert.Same(unsupported, stopped.InnerException);
        Assert.Equal(ClientState.Stopped, fixture.Client.State);
        Assert.Same(unsupported, fixture.Changes[^1].Cause);
        await Assert.ThrowsAsync<LiveChatStoppedException>(() => fixture.Client.SendAsync(FakePeer.Chat, "hi"));
        await Assert.ThrowsAsync<LiveChatStoppedException>(() => fixture.ReadAsync(1));
    }

    [Fact]
    public async Task A_wait_that_no_clock_can_wait_for_is_shortened()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        foreach (var (wait, most) in (ReadOnlySpan<(long, TimeSpan)>)
            [(long.MaxValue / 20_000, TimeSpan.FromHours(1)), (-5, TimeSpan.Zero)])
        {
            var end = new ConnectionEnd((int)CloseCode.Draining, "x") { After = TimeSpan.FromMilliseconds(wait) };
            var pause = new ReconnectPolicy(new Random(1)).Next(end)!.Value;
            Assert.InRange(pause, most, most + TimeSpan.FromMilliseconds(250));
        }
    }

    [Fact]
    public async Task An_http_answer_that_is_final_at_first_is_tried_again_after_a_connection()
    {
        var policy = new ReconnectPolicy(new Random(1));
        var missing = new ConnectionEnd(null, "x") { Status = 404 };
        Assert.Null(policy.Next(missing));
        Assert.NotNull(policy.Next(new ConnectionEnd(1006, "x") { Lasted = TimeSpan.FromSeconds(1) }));
        Assert.NotNull(policy.Next(missing));
    }

    [Fact]
    public async Task What_is_lost_with_a_connection_is_no_unobserved_exception()
    {
        var unobserved = new List<Exception>();
        void Note(object? sender, UnobservedTaskExceptionEventArgs failed)
        {
            lock (unobserved) unobserved.AddRange(failed.Exception.InnerExceptions);
        }

        TaskScheduler.UnobservedTaskException += Note;
        try
        {
            await LoseEverythingAsync();
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Note;
        }

        lock (unobserved)
        {
            // Other tests run beside this one: theirs are theirs.
            Assert.DoesNotContain(unobserved, failed => failed is ConnectionLostException
                || failed.Message is "lost on purpose");
        }
    }

    private static async Task LoseEverythingAsync()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var late = new TaskCompletionSource<string>();
        fixture.Peer.Intercept = (_, frame) => frame is MessageSend or ChatGet;
        using var patience = new CancellationTokenSource();
        Task[] asked =
        [
            fixture.Client.SendAsync(FakePeer.Chat, "hi", cancellationToken: patience.Token),
            fixture.Client.GetChatAsync(FakePeer.Chat, patience.Token),
        ];
        await ClientFixture.StandStillUntilAsync(() => fixture.Peer.Received.Any(frame => frame is ChatGet));
        fixture.Tokens = _ => new ValueTask<string>(late.Task);
        fixture.Peer.Last.CloseWith(1006);
        await fixture.UntilAsync(() => fixture.Changes.Any(
            change => change.Reason?.StartsWith("the token provider did not", StringComparison.Ordinal) == true));
        late.SetException(new IOException("lost on purpose"));
        fixture.Tokens = _ => throw new UnauthorizedAccessException("lost on purpose");
        await fixture.UntilAsync(() => fixture.Client.State is ClientState.Stopped);
        foreach (var one in asked) await Assert.ThrowsAsync<LiveChatStoppedException>(() => one);
    }
}
