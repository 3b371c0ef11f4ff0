using System.Collections.Concurrent;
using HdrHistogram;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server;

namespace LiveChat.Bench.Backups;

/// <summary>
/// Messages at a steady rate, whatever the server does meanwhile: a message that is due is sent, also when earlier ones
/// are not answered, and its time counts from when it was due. Each sender has a direct chat of its own.
/// </summary>
internal sealed class PacedLoad : IAsyncDisposable
{
    private const int BufferBytes = 16 * 1024;
    private const long MicrosecondsMax = 600_000_000;
    private const int TextLength = 100;

    private static readonly string Text = new('x', TextLength);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly TimeProvider _time = TimeProvider.System;
    private LongConcurrentHistogram _times = NewTimes();

    /// <param name="endpoint">The server.</param>
    /// <param name="data">The folder with its secret.</param>
    /// <param name="chats">How many senders.</param>
    /// <param name="perSecond">Messages of all of them.</param>
    public static async Task<PacedLoad> StartAsync(Uri endpoint, string data, int chats, int perSecond)
    {
        var load = new PacedLoad();
        for (var i = 0; i < chats; i++)
        {
            var connect = new Connect
            {
                Token = LiveChatServer.MintToken(data, $"paced-{i}", TimeSpan.FromHours(12)),
            };
            var line = await LightLines.OpenAsync(
                LightLines.WebSocket, endpoint, BufferBytes, connect, load._stop.Token);
            load._loops.Add(load.RunAsync(line, i, TimeSpan.FromSeconds((double)chats / perSecond)));
        }

        return load;
    }

    /// <summary>Begins a new measurement and returns the former one: microseconds from due to acknowledged.</summary>
    public LongConcurrentHistogram Take() => Interlocked.Exchange(ref _times, NewTimes());

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        _stop.Dispose();
    }

    private static LongConcurrentHistogram NewTimes() => new(1, MicrosecondsMax, numberOfSignificantValueDigits: 3);

    private async Task RunAsync(ILightLine line, int number, TimeSpan period)
    {
        using var owned = line;
        var due = new ConcurrentDictionary<uint, long>();
        var chat = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        line.SendMessage(LightSocket.Message(new ChatCreate { Id = 1, ClientId = Key(), Direct = $"peer-{number}" }));
        var reading = ReadAsync(line, due, chat);
        try
        {
            var id = await chat.Task;
            var began = _time.GetTimestamp();
            for (uint sent = 2; ; sent++)
            {
                var wanted = period * sent;
                if (wanted - _time.GetElapsedTime(began) is { Ticks: > 0 } pause)
                    await Task.Delay(pause, _time, _stop.Token);
                due[sent] = began + (long)(wanted.TotalSeconds * _time.TimestampFrequency);
                line.SendMessage(LightSocket.Message(new MessageSend
                {
                    Id = sent, Chat = id, ClientId = Key(), Body = new MessageBody { Text = Text },
                }));
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }

        await reading;
    }

    private async Task ReadAsync(
        ILightLine line, ConcurrentDictionary<uint, long> due, TaskCompletionSource<string> chat)
    {
        try
        {
            while (await line.ReadAsync(_stop.Token) is { IsEmpty: false } message)
                foreach (var bytes in LightSocket.Lines(message))
                    Take(JsonFrames.ReadServerFrame(bytes.Span).Frame, due, chat);
            throw new InvalidOperationException($"The server closed with {line.CloseCode}.");
        }
        catch (OperationCanceledException)
        {
            chat.TrySetCanceled();
        }
    }

    private void Take(
        ServerFrame? frame, ConcurrentDictionary<uint, long> due, TaskCompletionSource<string> chat)
    {
        if (frame is ErrorFrame error) throw new InvalidOperationException(error.Problem.ToString());
        if (frame is not Ack ack) return;
        chat.TrySetResult(ack.Chat);
        if (ack.Re is { } number && due.TryRemove(number, out var at))
            Volatile.Read(ref _times).RecordValue(
                Math.Clamp((long)_time.GetElapsedTime(at).TotalMicroseconds, 1, MicrosecondsMax));
    }

    private static string Key() => ClientId.New(TimeProvider.System.GetUtcNow()).ToString();
}
