using System.Buffers;
using System.Text;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.MessagePath;

/// <summary>A device without a socket: frames go into the connection as bytes and come out of its outbox.</summary>
internal sealed class PathDevice(Connection connection, string user) : IAsyncDisposable
{
    private const int MessageBytes = 16 * 1024;
    private readonly ArrayBufferWriter<byte> _out = new(MessageBytes);
    private readonly ArrayBufferWriter<byte> _in = new(MessageBytes);
    private string _chat = "";
    private uint _number;

    public string User => user;

    public async Task ConnectAsync()
    {
        await SendAsync(new Connect { Id = ++_number, Token = user });
        await ReadUntilAsync<Ready>();
    }

    public async Task CreateChatAsync(string other)
    {
        await SendAsync(new ChatCreate
        {
            Id = ++_number,
            ClientId = ClientId.New(TimeProvider.System.GetUtcNow()).ToString(),
            Direct = other,
        });
        _chat = (await ReadUntilAsync<Ack>()).Chat;
    }

    /// <summary>Keeps a window of messages in flight until it is stopped.</summary>
    public async Task SendAsync(string text, int window, Action acked, CancellationToken cancellationToken)
    {
        var due = window;
        using var stopped = cancellationToken.Register(connection.Outbox.Abandon);
        while (!cancellationToken.IsCancellationRequested)
        {
            for (; due > 0; due--) await SendMessageAsync(text);
            await connection.Outbox.WaitAsync();
            foreach (var line in Lines())
                if (line.Span.StartsWith("{\"type\":\"ack\""u8))
                {
                    due++;
                    acked();
                }
                else if (line.Span.StartsWith("{\"type\":\"error\""u8))
                    throw new InvalidOperationException(Encoding.UTF8.GetString(line.Span));
        }
    }

    /// <summary>Reads what comes until it is stopped; answers pings, since a silent device is closed.</summary>
    public async Task ReadAsync(Action<int> read, CancellationToken cancellationToken)
    {
        using var stopped = cancellationToken.Register(connection.Outbox.Abandon);
        while (!cancellationToken.IsCancellationRequested)
        {
            await connection.Outbox.WaitAsync();
            _in.ResetWrittenCount();
            read(connection.Outbox.Take(_in, MessageBytes));
            if (_in.WrittenSpan.IndexOf("{\"type\":\"ping\""u8) >= 0) await SendAsync(new Pong());
            if (connection.Outbox.Closed is { } code && !cancellationToken.IsCancellationRequested)
                throw new InvalidOperationException($"The session was closed: {code}.");
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task SendMessageAsync(string text)
    {
        _out.ResetWrittenCount();
        Encoding.UTF8.GetBytes("{\"type\":\"message.send\",\"id\":", _out);
        Encoding.UTF8.GetBytes((++_number).ToString(System.Globalization.CultureInfo.InvariantCulture), _out);
        Encoding.UTF8.GetBytes(",\"data\":{\"chat\":\"", _out);
        Encoding.UTF8.GetBytes(_chat, _out);
        Encoding.UTF8.GetBytes("\",\"client_id\":\"", _out);
        Encoding.UTF8.GetBytes(ClientId.New(TimeProvider.System.GetUtcNow()).ToString(), _out);
        Encoding.UTF8.GetBytes("\",\"body\":{\"text\":\"", _out);
        Encoding.UTF8.GetBytes(text, _out);
        Encoding.UTF8.GetBytes("\"}}}", _out);
        await connection.ReceiveAsync(_out.WrittenMemory);
    }

    private async Task SendAsync(ClientFrame frame)
    {
        _out.ResetWrittenCount();
        JsonFrames.Write(_out, frame);
        await connection.ReceiveAsync(_out.WrittenMemory);
    }

    private async Task<T> ReadUntilAsync<T>()
        where T : ServerFrame
    {
        while (connection.Outbox.Closed is null)
        {
            await connection.Outbox.WaitAsync();
            foreach (var line in Lines())
                if (JsonFrames.ReadServerFrame(line.Span).Frame is T found)
                    return found;
        }

        throw new InvalidOperationException($"The session was closed: {connection.Outbox.Closed}.");
    }

    private List<ReadOnlyMemory<byte>> Lines()
    {
        _in.ResetWrittenCount();
        connection.Outbox.Take(_in, MessageBytes);
        var lines = new List<ReadOnlyMemory<byte>>();
        var rest = _in.WrittenMemory;
        while (JsonFrames.TryTakeFrame(ref rest, out var line)) lines.Add(line);
        return lines;
    }
}
