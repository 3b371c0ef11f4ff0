using System.Net.Sockets;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;

namespace LiveChat.Loads.Storms;

/// <summary>
/// A device in a chat, which comes back by the rules of the client: when the server says, or after a pause of its own.
/// It pulls what it missed, and counts what comes once and in order. One loop.
/// </summary>
/// <param name="server">The server's address.</param>
/// <param name="connect">Who it is.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Chooses the pauses.</param>
internal sealed class StormDevice(Uri server, Connect connect, TimeProvider time, Random random)
{
    private const int BufferBytes = 512;
    private const int AttemptsMax = 60;
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(250);

    private string? _since;
    private long _seq;
    private volatile LightSocket? _socket;

    /// <summary>Messages that came.</summary>
    public int Received { get; private set; }

    /// <summary>Messages that came twice or out of order.</summary>
    public int Repeated { get; private set; }

    /// <summary>How often the server refused it.</summary>
    public int Refused { get; private set; }

    /// <summary>When it was back for the last time.</summary>
    public long BackAt { get; private set; }

    /// <summary>When the last message came.</summary>
    public long ReceivedAt { get; private set; }

    /// <summary>Connects for as long as it takes, then reads to the end of the connection.</summary>
    /// <param name="isFirst">Whether it was never there before.</param>
    /// <param name="ready">Told once it is there.</param>
    /// <param name="stop">Ends it.</param>
    public async Task LiveAsync(bool isFirst, Action ready, CancellationToken stop)
    {
        try
        {
            using var socket = await ComeAsync(isFirst, stop);
            _socket = socket;
            BackAt = time.GetTimestamp();
            ready();
            while (await socket.ReadAsync(stop) is { IsEmpty: false } message) Take(socket, message);
        }
        catch (Exception cut) when (cut is SocketException or IOException or ObjectDisposedException
            or OperationCanceledException)
        {
            // It was cut, or the run is over.
        }
    }

    /// <summary>Ends the connection without a word.</summary>
    public void Cut() => _socket?.Dispose();

    /// <summary>Its chat, once it is known.</summary>
    public string Chat { get; set; } = "";

    private async Task<LightSocket> ComeAsync(bool isFirst, CancellationToken stop)
    {
        if (!isFirst) await PauseAsync(attempt: 0, null, stop);
        for (var attempt = 1; ; attempt++)
        {
            LightSocket? socket = null;
            TimeSpan? after = null;
            try
            {
                socket = await LightSocket.OpenAsync(server, BufferBytes, kernelBytes: null, stop);
                var ready = await socket.ConnectAsync(connect with { Since = _since }, stop);
                if (_since is not null && ready.Resume != "recovered") Pull(socket);
                _since = ready.Since ?? _since;
                return socket;
            }
            catch (NotNowException refused)
            {
                socket?.Dispose();
                (after, Refused) = (refused.After, Refused + 1);
            }
            catch (Exception gone) when (gone is SocketException or IOException && attempt < AttemptsMax)
            {
                socket?.Dispose();
            }

            await PauseAsync(attempt, after, stop);
        }
    }

    private Task PauseAsync(int attempt, TimeSpan? after, CancellationToken stop)
    {
        var ceiling = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(attempt, 5)));
        var pause = after ?? (ceiling < PauseMax ? ceiling : PauseMax) * random.NextDouble();
        return Task.Delay(pause + (Floor * random.NextDouble()), time, stop);
    }

    private void Take(LightSocket socket, ReadOnlyMemory<byte> message)
    {
        foreach (var line in LightSocket.Lines(message))
            switch (JsonFrames.ReadServerFrame(line.Span).Frame)
            {
                case ChatEvent happened:
                    Take(socket, happened);
                    break;
                case ChatHeadFrame head when head.Seq > _seq:
                    Pull(socket);
                    break;
                case Page page:
                    foreach (var item in page.Items.Where(item => item.Seq > _seq)) Take(socket, item);
                    if (page.Items.Count > 0 && page.HeadSeq > _seq) Pull(socket);
                    break;
                case ErrorFrame { Problem.Retryable: true }:
                    Pull(socket);
                    break;
                case Ping { Since: { } since }:
                    _since = since;
                    break;
            }
    }

    private void Take(LightSocket socket, ChatEvent happened)
    {
        if (happened.Seq > _seq + 1)
        {
            Pull(socket);
            return;
        }

        if (happened.Seq <= _seq) return; // A page may hold what was pushed meanwhile.
        _seq = happened.Seq;
        if (happened is not MessageCreated said) return;
        if (said.N != Received + 1) Repeated++;
        (Received, ReceivedAt) = (Received + 1, time.GetTimestamp());
    }

    private void Pull(LightSocket socket) => socket.SendMessage(LightSocket.Message(
        new HistoryGet { Id = 9, Chat = Chat, AfterSeq = _seq, Limit = 100, View = "events" }));
}
