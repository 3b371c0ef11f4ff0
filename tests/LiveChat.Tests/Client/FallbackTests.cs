using LiveChat.Client;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Running;
using LiveChat.Tests.Server.Gateway;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>A client behind a network that lets some transports through, with a real server.</summary>
public sealed class FallbackTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    private const string Page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n"
        + "Connection: close\r\n\r\nhi";

    private const string Silence = "";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>What the network answers to the opening of WebSocket, an event stream and a poll; null lets it through.
    /// </summary>
    public static TheoryData<string?, string?, string> Networks => new()
    {
        { null, null, "GET /v1/realtime" },
        { Forbidden, null, "POST /v1/events" },
        { Page, null, "POST /v1/events" },
        { Silence, null, "POST /v1/events" },
        { Forbidden, Forbidden, "POST /v1/poll" },
        { Page, Page, "POST /v1/poll" },
        { Silence, Silence, "POST /v1/poll" },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public async Task The_client_takes_the_best_transport_that_is_let_through(
        string? realtime, string? events, string opened)
    {
        await using var proxy = new FaultProxy(shared.Server.Url)
        {
            Screen = line => line.StartsWith("GET /v1/realtime", StringComparison.Ordinal) ? realtime
                : line.StartsWith("POST /v1/events", StringComparison.Ordinal) ? events
                : null,
        };
        await using var ann = NewClient(proxy, "ann", TimeProvider.System);
        await using var bob = NewClient(proxy, "bob", TimeProvider.System);
        var created = await ann.CreateDirectAsync("bob").WaitAsync(Patience, TimeProvider.System);
        await bob.ConnectAsync().WaitAsync(Patience, TimeProvider.System);
        var heard = HearAsync(bob);
        for (var tries = 0; !heard.IsCompleted; tries++)
        {
            // A new device is shown what is said once it has its list of chats.
            Assert.True(tries < 100, "Nothing is heard.");
            await ann.SendAsync(created.Chat, "hello").WaitAsync(Patience, TimeProvider.System);
            await Task.WhenAny(heard, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System));
        }

        await heard;
        Assert.Contains(proxy.Requests, line => line.StartsWith(opened, StringComparison.Ordinal));
        Assert.DoesNotContain(proxy.Requests, line => IsWorseThan(opened, line));
    }

    [Fact]
    public async Task A_stream_that_a_proxy_keeps_back_is_given_up_after_five_seconds_and_polls_carry_the_session()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var proxy = new FaultProxy(shared.Server.Url)
        {
            Screen = static line => line.StartsWith("GET /v1/realtime", StringComparison.Ordinal) ? Forbidden : null,
            Down = new FaultProxy.Faults { IsBlackHole = true },
        };
        await using var ann = NewClient(proxy, "ann", time);
        var connecting = ann.ConnectAsync();
        while (!proxy.Requests.Any(static line => line.StartsWith("POST /v1/events", StringComparison.Ordinal)))
            await Task.Yield();
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(connecting.IsCompleted);
        proxy.Down = new FaultProxy.Faults();
        time.Advance(TimeSpan.FromSeconds(0.2));
        await connecting.WaitAsync(Patience, TimeProvider.System);
        Assert.Contains(proxy.Requests, static line => line.StartsWith("POST /v1/poll", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_transport_that_dies_young_twice_makes_place_and_the_best_one_gets_its_chance_later()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var proxy = new FaultProxy(shared.Server.Url);
        await using var ann = NewClient(proxy, "young", time);
        var connected = 0;
        ann.ConnectionChanged += change =>
        {
            if (change.State is ClientState.Connected) Interlocked.Increment(ref connected);
        };
        await ann.ConnectAsync();
        await CutUntilAsync("POST /v1/events");
        time.Advance(TimeSpan.FromMinutes(10));
        var before = proxy.Requests.Count;
        await CutUntilAsync("GET /v1/realtime");
        Assert.True(proxy.Requests.Count > before);

        async Task CutUntilAsync(string opened)
        {
            var from = proxy.Requests.Count;
            for (var cuts = 0; cuts < 4; cuts++)
            {
                var seen = Volatile.Read(ref connected);
                proxy.Reset();
                for (var tries = 0; Volatile.Read(ref connected) == seen; tries++)
                {
                    Assert.True(tries < 60_000, "It does not come back.");
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
                    time.Advance(TimeSpan.FromMilliseconds(2));
                }

                if (proxy.Requests.Skip(from).Any(line => line.StartsWith(opened, StringComparison.Ordinal))) return;
            }

            Assert.Fail($"No {opened} in {string.Join(", ", proxy.Requests)}");
        }
    }

    private static async Task HearAsync(LiveChatClient client)
    {
        await foreach (var happened in client.ReadEventsAsync())
            if (happened is MessageCreated { Body.Text: "hello" })
                return;
    }

    private static bool IsWorseThan(string opened, string line) => opened switch
    {
        "GET /v1/realtime" => line.Contains("/v1/events", StringComparison.Ordinal)
            || line.Contains("/v1/poll", StringComparison.Ordinal),
        "POST /v1/events" => line.StartsWith("GET /v1/poll", StringComparison.Ordinal),
        _ => false,
    };

    private LiveChatClient NewClient(FaultProxy proxy, string user, TimeProvider time) => new(new LiveChatClientOptions
    {
        Endpoint = proxy.Url,
        TokenProvider = _ => ValueTask.FromResult(shared.Server.Token(user)),
        Device = "d1",
        Time = time,
        Random = new Random(1),
    });
}
