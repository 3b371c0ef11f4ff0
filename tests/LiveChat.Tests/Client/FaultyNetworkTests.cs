using LiveChat.Client;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Running;
using LiveChat.Tests.Server;
using LiveChat.Tests.Server.Gateway;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>
/// Whatever the network does, and by whichever transport a client comes: its application sees each message once, in its
/// order.
/// </summary>
public sealed class FaultyNetworkTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const int Messages = 5;
    private static readonly TimeSpan Sleep = TimeSpan.FromMinutes(10);

    /// <summary>It is noticed after 40 s.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    private const string Forbidden = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    private static readonly string[] Paths = ["GET /v1/realtime", "POST /v1/events", "POST /v1/poll"];

    /// <summary>What happens to the connections while messages are sent; all is well again afterwards.</summary>
    private static readonly Dictionary<string, Action<FaultProxy>> Faults = new()
    {
        ["a cut"] = static proxy => proxy.Reset(),
        ["the way down is dead"] = static proxy => proxy.Down = new FaultProxy.Faults { IsBlackHole = true },
        ["the way up is dead"] = static proxy => proxy.Up = new FaultProxy.Faults { IsBlackHole = true },
        ["a sleep of ten minutes"] = static proxy =>
            (proxy.Up, proxy.Down) = (
                new FaultProxy.Faults { IsBlackHole = true }, new FaultProxy.Faults { IsBlackHole = true }),
        ["nothing is read"] = static proxy => proxy.Down = new FaultProxy.Faults { StopsReading = true },
        ["a cut within an answer"] = static proxy => proxy.Down = new FaultProxy.Faults { CloseAfterBytes = 1_500 },
        ["a byte at a time"] = static proxy => proxy.Down = new FaultProxy.Faults { SliceBytes = 1 },
        ["a cut within a request"] = static proxy =>
            proxy.Up = new FaultProxy.Faults { CloseAfterBytes = 1_000, SliceBytes = 7 },
        ["a slow line"] = static proxy => proxy.Down = new FaultProxy.Faults { BytesPerSecond = 20_000 },
    };

    /// <summary>Each fault over each transport; and with another one from the first on.</summary>
    public static TheoryData<int, int> Ways => new() { { 0, 0 }, { 1, 1 }, { 2, 2 }, { 0, 1 }, { 1, 2 }, { 2, 0 } };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Nothing_is_lost_shown_twice_or_out_of_order(int before, int after)
    {
        var best = before;
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var proxy = new FaultProxy(shared.Server.Url)
        {
            Screen = line => Paths[..best].Any(path => line.StartsWith(path, StringComparison.Ordinal))
                ? Forbidden
                : null,
        };
        var (annId, bobId) = ($"sender.{before}.{after}", $"reader.{before}.{after}");
        using var ann = await shared.Server.ConnectAsync(annId);
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = bobId })).Chat;
        await using var bob = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = proxy.Url,
            TokenProvider = _ => ValueTask.FromResult(shared.Server.Token(bobId)),
            Device = "d1",
            Time = time,
            Random = new Random(1),
            RequestTimeout = TimeSpan.FromMinutes(5),
        });
        using var stop = new CancellationTokenSource();
        var heard = new List<string>();
        var reading = ReadAsync(bob, heard, stop.Token);
        await PassAsync(time, bob.ConnectAsync());
        await BeginAsync(time, text => ann.AckAsync(TestSocket.Message(chat, text)), heard);
        var said = new List<string>();
        foreach (var (name, begin) in Faults)
        {
            begin(proxy);
            for (var i = 0; i < Messages; i++)
            {
                said.Add($"{name} {i}");
                await ann.AckAsync(TestSocket.Message(chat, said[^1]));
            }

            if (name.Contains("slow", StringComparison.Ordinal) || name.Contains("byte", StringComparison.Ordinal))
                await PassUntilAsync(time, () => Count(heard) >= said.Count);
            else if (!name.StartsWith("a cut", StringComparison.Ordinal))
                time.Advance(name.StartsWith("a sleep", StringComparison.Ordinal) ? Sleep : Silence);
            (best, proxy.Up, proxy.Down) = (after, new FaultProxy.Faults(), new FaultProxy.Faults());
            await PassUntilAsync(time, () => Count(heard) >= said.Count);
        }

        await stop.CancelAsync();
        await reading;
        Assert.Equal(said, heard);
    }

    /// <summary>A new device is shown what is said once it has its list of chats.</summary>
    private static async Task BeginAsync(FakeTimeProvider time, Func<string, Task> say, List<string> heard)
    {
        for (var tries = 0; Count(heard) == 0; tries++)
        {
            Assert.True(tries < 200, "Nothing is heard.");
            await say("warm");
            for (var step = 0; step < 100 && Count(heard) == 0; step++)
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        await say("begin");
        await PassUntilAsync(time, () =>
        {
            lock (heard) return heard[^1] == "begin";
        });
        lock (heard) heard.Clear();
    }

    private static int Count(List<string> heard)
    {
        lock (heard) return heard.Count;
    }

    private static async Task ReadAsync(LiveChatClient client, List<string> heard, CancellationToken stop)
    {
        try
        {
            await foreach (var happened in client.ReadEventsAsync(stop))
                if (happened is MessageCreated { Body.Text: { } text })
                    lock (heard)
                        heard.Add(text);
        }
        catch (OperationCanceledException)
        {
            // Enough was read.
        }
    }

    private static Task PassAsync(FakeTimeProvider time, Task task) => PassUntilAsync(time, () => task.IsCompleted);

    private static async Task PassUntilAsync(FakeTimeProvider time, Func<bool> isSo)
    {
        for (var steps = 0; !isSo(); steps++)
        {
            Assert.True(steps < 120_000, "It never comes.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            time.Advance(TimeSpan.FromMilliseconds(10));
        }
    }
}
