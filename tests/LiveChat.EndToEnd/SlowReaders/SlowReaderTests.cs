using System.Globalization;
using System.Text.RegularExpressions;
using LiveChat.Loads.Sockets;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using Xunit;

namespace LiveChat.EndToEnd.SlowReaders;

/// <summary>
/// A group of 49 members with 10 devices each, half of which stop reading. The others wait for each other after every
/// round of messages, so that it is never them whose outboxes are full: 40 messages of 4 KB fit in one.
/// </summary>
public sealed class SlowReaderTests : IAsyncDisposable
{
    private const int Members = 49;
    private const int Devices = 10;
    private const int KernelBytes = 4 * 1024;
    private const int TextBytes = 4 * 1024;
    private const int Rounds = 25;
    private const int RoundMessages = 40;

    /// <summary>What was sent to a device in all; without a bound the outboxes of 245 would hold near a gigabyte, of
    /// frames that they share: the resident memory alone would not show it.</summary>
    private const int SentBytes = Rounds * RoundMessages * TextBytes;

    /// <summary>For one device that does not read: 256 KB in its outbox, 64 KB in Kestrel, twice 64 KB in the kernel,
    /// 16 KB on the way, and what its own kernel takes.</summary>
    private const int HeldBytesMax = 600 * 1024;

    /// <summary>What one outbox may hold, with an answer or two on top.</summary>
    private const long OutboxBytesMax = (256 + 8) * 1024;

    private const long GrowthBytesMax = 96L * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly ScratchDirectory _scratch = new();
    private readonly List<LightSocket> _sockets = [];
    private readonly CancellationTokenSource _limit = new(Patience, TimeProvider.System);

    [Fact]
    public async Task Devices_that_stop_reading_cost_the_others_nothing_and_lose_nothing()
    {
        var data = Path.Combine(_scratch.Path, "data");
        var inner = CrashServer.FreeEndpoint();
        await using var server = await CrashServer.StartAsync(
            data, CrashServer.FreeEndpoint(), new Dictionary<string, string>
            {
                ["LIVECHAT__INTERNAL"] = inner.GetLeftPart(UriPartial.Authority),
                ["LIVECHAT__OUTBOX__GRACESECONDS"] = "1",
                ["LIVECHAT__SESSIONS__PINGSECONDS"] = "1",
                ["LIVECHAT__SESSIONS__FRAMESPERSECOND"] = "100000",
                ["LIVECHAT__SESSIONS__FRAMESBURST"] = "100000",

                // What the collector leaves for later is not what waits: the small heap keeps less of it.
                ["DOTNET_gcServer"] = "0",
            });
        var readers = new List<EventReader>();
        var stopped = new List<LightSocket>();
        var since = (string?)null;
        for (var i = 0; i < Members * Devices; i++)
        {
            var stops = i % 2 == 1;
            var socket = await ConnectAsync(server, data, i, stops, since: null);
            if (stops) stopped.Add(socket);
            else readers.Add(new EventReader(socket));

            // One that will stop has a position to come back with.
            if (stops && since is null) since = await SinceAsync(socket);
        }

        var reading = readers.Select(reader => reader.RunAsync(_limit.Token)).ToList();
        await readers[0].SendAsync(
            new ChatCreate { ClientId = Key(), Members = [.. Enumerable.Range(1, Members - 1).Select(User)] },
            _limit.Token);
        await Task.WhenAll(readers.Select(reader => reader.ReachAsync(1, _limit.Token)));
        var chat = readers[0].Chat;
        using var http = new HttpClient { BaseAddress = inner };
        var (grown, waiting) = (0L, 0L);
        var before = 0L;
        for (var round = 1; round <= Rounds; round++)
        {
            await SendRoundAsync(readers, chat);
            await Task.WhenAll(readers.Select(
                reader => reader.ReachAsync(1 + (round * RoundMessages), _limit.Token)));
            if (round == 1) before = server.ResidentBytes;
            grown = Math.Max(grown, server.ResidentBytes - before);
            waiting = Math.Max(waiting, await WaitingBytesAsync(http));
        }

        Assert.All(readers, static reader => Assert.Null(reader.Problem));
        Assert.InRange(waiting, 1, stopped.Count * OutboxBytesMax);
        Assert.InRange(grown, long.MinValue, GrowthBytesMax);
        await ClosedAllButAsync(http, readers.Count);
        foreach (var socket in stopped) await HoldsLittleAsync(socket);
        await ResumesWholeAsync(server, data, chat, since!);

        // Nobody else was cut meanwhile.
        Assert.All(reading, static task => Assert.False(task.IsCompleted));
    }

    public async ValueTask DisposeAsync()
    {
        await _limit.CancelAsync();
        foreach (var socket in _sockets) socket.Dispose();
        _limit.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Waits until the server has closed those that stopped: who reads again before would go on.</summary>
    private async Task ClosedAllButAsync(HttpClient http, int count)
    {
        var metrics = "";
        while (!Regex.IsMatch(metrics, $@"(?m)^livechat_sessions[^ ]* {count}\b"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, _limit.Token);
            metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), _limit.Token);
        }
    }

    /// <summary>What waits in all outboxes, each counted with all that it holds.</summary>
    private async Task<long> WaitingBytesAsync(HttpClient http)
    {
        var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), _limit.Token);
        var found = Regex.Match(metrics, @"(?m)^livechat_outboxes_size_bytes[^ ]* (\d+)");
        Assert.True(found.Success, metrics);
        return long.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static string User(int member) => $"member-{member}";

    private static string Key() => LiveChat.Protocol.Ids.ClientId.New(TimeProvider.System.GetUtcNow()).ToString();

    private async Task<LightSocket> ConnectAsync(CrashServer server, string data, int number, bool stops, string? since)
    {
        var socket = await LightSocket.OpenAsync(
            server.Endpoint, KernelBytes, stops ? KernelBytes : null, _limit.Token);
        _sockets.Add(socket);
        var connect = new Connect
        {
            Token = LiveChatServer.MintToken(data, User(number / Devices), TimeSpan.FromHours(1)),
            Device = $"device-{number % Devices}",
            Since = since,
        };
        await socket.ConnectAsync(connect, _limit.Token);
        return socket;
    }

    private async Task<string> SinceAsync(LightSocket socket)
    {
        while (true)
            foreach (var line in LightSocket.Lines(await socket.ReadAsync(_limit.Token)))
                if (JsonFrames.ReadServerFrame(line.Span).Frame is Ping { Since: { } since })
                    return since;
    }

    private async Task SendRoundAsync(List<EventReader> readers, string chat)
    {
        for (var i = 0; i < RoundMessages; i++)
        {
            var body = new MessageBody { Text = new string('x', TextBytes) };
            await readers[i].SendAsync(
                new MessageSend { Chat = chat, ClientId = Key(), Body = body }, _limit.Token);
        }
    }

    /// <summary>What it finds when it reads again: a first part of the events, a head at most, and the end. A device
    /// that was cut before its first whole message finds nothing.</summary>
    private async Task HoldsLittleAsync(LightSocket socket)
    {
        var bytes = 0L;
        var last = 0L;
        try
        {
            while (await socket.ReadAsync(_limit.Token) is { IsEmpty: false } message)
            {
                bytes += message.Length;
                foreach (var line in LightSocket.Lines(message))
                    if (JsonFrames.ReadServerFrame(line.Span).Frame is ChatEvent { Seq: var seq })
                        Assert.Equal(++last, seq);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It was cut: nobody can say goodbye to who does not read.
        }

        Assert.True(socket.CloseCode is null or (int)CloseCode.SlowConsumer, $"Closed with {socket.CloseCode}.");
        Assert.InRange(bytes, 0, HeldBytesMax);
        Assert.True(HeldBytesMax < SentBytes / 4);
    }

    /// <summary>What it missed is named, and pages fill it.</summary>
    private async Task ResumesWholeAsync(CrashServer server, string data, string chat, string since)
    {
        var socket = await LightSocket.OpenAsync(server.Endpoint, KernelBytes, kernelBytes: null, _limit.Token);
        _sockets.Add(socket);
        var token = LiveChatServer.MintToken(data, User(0), TimeSpan.FromHours(1));
        var ready = await socket.ConnectAsync(
            new Connect { Token = token, Device = "device-1", Since = since }, _limit.Token);
        var head = 1 + (Rounds * RoundMessages);
        Assert.Equal("partial", ready.Resume);
        Assert.Equal(head, Assert.Single(ready.Behind!, behind => behind.Chat == chat).HeadSeq);
        for (var held = 0L; held < head;)
        {
            await socket.SendAsync(
                new HistoryGet { Id = 2, Chat = chat, AfterSeq = held, View = "events", Limit = 100 }, _limit.Token);
            var page = await NextAsync<Page>(socket);
            foreach (var item in page.Items) Assert.Equal(++held, item.Seq);
        }
    }

    private async Task<T> NextAsync<T>(LightSocket socket)
        where T : ServerFrame
    {
        while (true)
            foreach (var line in LightSocket.Lines(await socket.ReadAsync(_limit.Token)))
                if (JsonFrames.ReadServerFrame(line.Span).Frame is T frame)
                    return frame;
    }
}
