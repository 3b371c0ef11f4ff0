using System.Buffers;
using System.Text;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;

namespace LiveChat.Bench.Sockets;

/// <summary>
/// A session over requests, as the client's transports carry it: one connection reads, by a stream or by polls, another
/// one sends, and what waits meanwhile goes together.
/// </summary>
internal sealed class LightRequests : ILightLine
{
    private static readonly byte[] Pong = LightSocket.Message(new Pong());

    private readonly Lock _lock = new();
    private readonly Uri _server;
    private readonly int _bufferBytes;
    private readonly bool _isStream;
    private readonly LightHttp _reader;
    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly ArrayBufferWriter<byte> _event = new();
    private readonly CancellationTokenSource _life = new();
    private ArrayBufferWriter<byte> _waiting = new();
    private Task _sending = Task.CompletedTask;
    private bool _isSending;
    private LightHttp? _sender;
    private string _session = "";
    private string _acknowledged = "0";
    private int _taken;
    private bool _isAnswered;

    private LightRequests(Uri server, int bufferBytes, bool isStream, LightHttp reader) =>
        (_server, _bufferBytes, _isStream, _reader) = (server, bufferBytes, isStream, reader);

    public int? CloseCode => null;

    /// <summary>Opens a session.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="isStream">By a stream, or by polls.</param>
    /// <param name="bufferBytes">The buffers to begin with.</param>
    /// <param name="connect">Who it is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<LightRequests> OpenAsync(
        Uri server, bool isStream, int bufferBytes, Connect connect, CancellationToken cancellationToken)
    {
        var requests = new LightRequests(
            server, bufferBytes, isStream, await LightHttp.OpenAsync(server, bufferBytes, cancellationToken));
        var line = isStream ? "POST /v1/events" : "POST /v1/poll";
        var first = LightSocket.Message(connect with { Id = 1 });
        var status = await requests._reader.AskAsync(line, "", first, cancellationToken);
        requests._session = requests._reader.Header("LiveChat-Session") is { } key
            ? $"LiveChat-Session: {key}\r\n"
            : throw new InvalidOperationException($"No session, but {status}.");
        requests._isAnswered = true;
        var answer = await requests.ReadAsync(cancellationToken);
        return JsonFrames.ReadServerFrame(LightSocket.Lines(answer)[0].Span).Frame is Ready
            ? requests
            : throw new InvalidOperationException(Encoding.UTF8.GetString(answer.Span));
    }

    public async Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = _isStream ? await EventAsync(cancellationToken) : await PollAsync(cancellationToken);
            if (message.Span.IndexOf("\"type\":\"ping\""u8) >= 0) SendMessage(Pong);
            if (message.Length > 0) return message;
        }
    }

    public void SendMessage(ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_waiting.WrittenCount > 0) _waiting.Write("\n"u8);
            _waiting.Write(message);
            if (_isSending) return;
            _isSending = true;
            _sending = Task.Run(SendWaitingAsync);
        }
    }

    public void Dispose()
    {
        _life.Cancel();
        _reader.Dispose();
        _sender?.Dispose();
        _life.Dispose();
    }

    private async Task<ReadOnlyMemory<byte>> PollAsync(CancellationToken cancellationToken)
    {
        await RethrowAsync();
        if (!_isAnswered)
        {
            var line = $"GET /v1/poll?ack={_acknowledged}";
            var status = await _reader.AskAsync(line, _session, default, cancellationToken);
            if (status != 200) throw new InvalidOperationException($"A poll was answered {status}.");
        }

        _isAnswered = false;
        _message.ResetWrittenCount();
        while (await _reader.PartAsync(cancellationToken) is { IsEmpty: false } part) _message.Write(part.Span);
        _acknowledged = _reader.Header("LiveChat-Ack")!;
        var end = _message.WrittenSpan.LastIndexOfAnyExcept((byte)'\n') + 1;
        return _message.WrittenMemory[..end];
    }

    /// <summary>The data of the next event; nothing for a comment.</summary>
    private async Task<ReadOnlyMemory<byte>> EventAsync(CancellationToken cancellationToken)
    {
        await RethrowAsync();
        int end;
        while ((end = _message.WrittenSpan[_taken..].IndexOf("\n\n"u8)) < 0)
        {
            if (_taken == _message.WrittenCount)
            {
                _message.ResetWrittenCount();
                _taken = 0;
            }

            var part = await _reader.PartAsync(cancellationToken);
            if (part.IsEmpty) throw new EndOfStreamException("The stream ended.");
            _message.Write(part.Span);
        }

        var lines = _message.WrittenMemory.Slice(_taken, end);
        _taken += end + 2;
        _event.ResetWrittenCount();
        foreach (var range in lines.Span.Split((byte)'\n'))
        {
            var line = lines.Span[range];
            if (!line.StartsWith("data: "u8)) continue;
            if (_event.WrittenCount > 0) _event.Write("\n"u8);
            _event.Write(line["data: ".Length..]);
        }

        return _event.WrittenMemory;
    }

    /// <summary>A send that failed is told where somebody waits.</summary>
    private Task RethrowAsync()
    {
        lock (_lock) return _sending.IsFaulted ? _sending : Task.CompletedTask;
    }

    private async Task SendWaitingAsync()
    {
        var body = new ArrayBufferWriter<byte>();
        try
        {
            _sender ??= await LightHttp.OpenAsync(_server, _bufferBytes, _life.Token);
            while (true)
            {
                lock (_lock)
                {
                    _isSending = _waiting.WrittenCount > 0;
                    if (!_isSending) return;
                    (_waiting, body) = (body, _waiting);
                }

                var status = await _sender.AskAsync("POST /v1/poll", _session, body.WrittenMemory, _life.Token);
                if (status != 204) throw new InvalidOperationException($"Frames were answered {status}.");
                body.ResetWrittenCount();
            }
        }
        catch (Exception) when (_life.IsCancellationRequested)
        {
            // It is over.
        }
    }
}
