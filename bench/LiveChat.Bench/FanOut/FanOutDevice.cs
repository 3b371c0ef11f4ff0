using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using HdrHistogram;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.FanOut;

/// <summary>
/// One member's device. Every text begins with the time at which it was sent, so each delivery tells how long it took.
/// What comes is searched, not parsed: the load must cost less than the server. One loop reads.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle, and is released late.")]
internal sealed class FanOutDevice(LightSocket socket, string user, TimeProvider time)
{
    private const long MicrosecondsMax = 60_000_000;
    private static readonly byte[] Mark = "\"text\":\"@"u8.ToArray();
    private readonly SemaphoreSlim _window = new(0);
    private uint _number = 1;
    private long _held;
    private long _wanted;
    private bool _isPulling;

    public string User => user;

    public string Chat { get; set; } = "";

    public int TextBytes { get; init; } = 100;

    public long Deliveries { get; private set; }

    /// <summary>Microseconds from the sending to the delivery here.</summary>
    public LongHistogram Latencies { get; } = new(MicrosecondsMax, 3);

    /// <summary>Whether deliveries are counted now.</summary>
    public bool IsMeasured { get; set; }

    public async Task<string> CreateAsync(IReadOnlyList<string> members, CancellationToken stop)
    {
        await socket.SendAsync(new ChatCreate { Id = ++_number, ClientId = Key(), Members = members }, stop);
        while (true)
            foreach (var line in LightSocket.Lines(await socket.ReadAsync(stop)))
                switch (JsonFrames.ReadServerFrame(line.Span).Frame)
                {
                    case Ack ack:
                        return ack.Chat;
                    case ErrorFrame error:
                        throw new InvalidOperationException(error.Problem.ToString());
                }
    }

    public async Task ReadAsync(CancellationToken stop)
    {
        try
        {
            while (await socket.ReadAsync(stop) is { IsEmpty: false } message)
                foreach (var line in LightSocket.Lines(message))
                    await TakeAsync(line, stop);
            throw new InvalidOperationException($"The server closed with {socket.CloseCode}.");
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>Keeps some in flight: the next one goes when one was acknowledged.</summary>
    public async Task SendClosedAsync(int window, CancellationToken stop)
    {
        _window.Release(window);
        try
        {
            while (true)
            {
                await _window.WaitAsync(stop);
                await SendMessageAsync(stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>Sends at a rate of its own, whatever comes back.</summary>
    public async Task SendOpenAsync(int perSecond, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop)) await SendMessageAsync(stop);
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private static string Key() => ClientId.New(TimeProvider.System.GetUtcNow()).ToString();

    private Task SendMessageAsync(CancellationToken stop) => socket.SendAsync(
        new MessageSend
        {
            Id = ++_number,
            Chat = Chat,
            ClientId = Key(),
            Body = new MessageBody
            {
                Text = string.Create(CultureInfo.InvariantCulture, $"@{time.GetTimestamp()} ").PadRight(TextBytes, 'x'),
            },
        },
        stop);

    private async Task TakeAsync(ReadOnlyMemory<byte> frame, CancellationToken stop)
    {
        var span = frame.Span;
        if (span.StartsWith("{\"type\":\"message.created\""u8))
        {
            Note(span);
        }
        else if (span.StartsWith("{\"type\":\"ack\""u8))
        {
            _window.Release();
        }
        else if (span.StartsWith("{\"type\":\"error\""u8))
        {
            throw new InvalidOperationException(System.Text.Encoding.UTF8.GetString(span));
        }
        else if (span.StartsWith("{\"type\":\"chat.head\""u8))
        {
            _wanted = Math.Max(_wanted, HighestSeq(span));
            if (!_isPulling) await PullAsync(stop);
        }
        else if (span.StartsWith("{\"type\":\"page\""u8))
        {
            Note(span);
            _held = Math.Max(_held, HighestSeq(span));
            _isPulling = false;
            if (_held < _wanted) await PullAsync(stop);
        }
    }

    private Task PullAsync(CancellationToken stop)
    {
        _isPulling = true;
        return socket.SendAsync(
            new HistoryGet { Id = ++_number, Chat = Chat, AfterSeq = _held, View = "events", Limit = 100 }, stop);
    }

    private static long HighestSeq(ReadOnlySpan<byte> rest)
    {
        var highest = 0L;
        for (int at; (at = rest.IndexOf("\"seq\":"u8)) >= 0;)
        {
            rest = rest[(at + 6)..];
            if (Utf8Parser.TryParse(rest, out long seq, out _)) highest = Math.Max(highest, seq);
        }

        return highest;
    }

    private void Note(ReadOnlySpan<byte> rest)
    {
        for (int at; (at = rest.IndexOf(Mark)) >= 0;)
        {
            rest = rest[(at + Mark.Length)..];
            if (!IsMeasured || !Utf8Parser.TryParse(rest, out long sent, out _)) continue;
            Deliveries++;
            var took = (long)time.GetElapsedTime(sent).TotalMicroseconds;
            Latencies.RecordValue(Math.Clamp(took, 1, MicrosecondsMax));
        }
    }
}
