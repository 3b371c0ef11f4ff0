using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>A device on a real WebSocket.</summary>
internal sealed class TestSocket(ClientWebSocket socket) : IDisposable
{
    private readonly Queue<ServerFrame> _unread = new();
    private uint _number = 1;

    /// <summary>How long it waits for a frame of any kind.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    public HttpStatusCode Status => socket.HttpStatusCode;

    public ClientWebSocket Socket => socket;

    public Ready Ready { get; private set; } = null!;

    public async Task ConnectAsync(string token, string? since = null)
    {
        await SendAsync(new Connect { Id = 1, Token = token, Device = "d1", Since = since });
        Ready = await NextAsync<Ready>();
    }

    /// <summary>Whether it is told that it is signed in; false when the server closes instead.</summary>
    public async Task<bool> TryReadyAsync()
    {
        while (await ReadAsync())
            if (_unread.OfType<Ready>().FirstOrDefault() is { } ready)
            {
                Ready = ready;
                return true;
            }

        return false;
    }

    public Task SendAsync(ClientFrame frame)
    {
        var bytes = new ArrayBufferWriter<byte>();
        JsonFrames.Write(bytes, frame);
        return SendAsync(bytes.WrittenMemory.ToArray());
    }

    public async Task SendAsync(
        byte[] bytes, WebSocketMessageType type = WebSocketMessageType.Text, bool endOfMessage = true)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await socket.SendAsync(bytes, type, endOfMessage, limit.Token);
    }

    public async Task<ServerFrame> AskAsync(ClientFrame command)
    {
        var number = ++_number;
        await SendAsync(command with { Id = number });
        return await NextAsync<ServerFrame>(frame => frame.Re == number && frame is not Accepted);
    }

    public async Task<Ack> AckAsync(ClientFrame command) => Assert.IsType<Ack>(await AskAsync(command));

    public static MessageSend Message(string chat, string text) =>
        new() { Chat = chat, ClientId = Key(), Body = new MessageBody { Text = text } };

    public static string Key() => ClientId.New(TimeProvider.System.GetUtcNow()).ToString();

    /// <summary>The next frame of this kind.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? wanted = null)
        where T : ServerFrame
    {
        while (true)
        {
            while (_unread.TryDequeue(out var frame))
                if (frame is T found && (wanted is null || wanted(found)))
                    return found;
            if (!await ReadAsync()) Assert.Fail($"The socket was closed with {socket.CloseStatus}.");
        }
    }

    /// <summary>Reads to the end and returns the close code and the goodbye, if one was said.</summary>
    public async Task<(int Code, Goodbye? Goodbye)> ClosedAsync()
    {
        while (await ReadAsync())
        {
        }

        return ((int)socket.CloseStatus!, _unread.OfType<Goodbye>().SingleOrDefault());
    }

    public void Dispose() => socket.Dispose();

    private async Task<bool> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var buffer = new byte[256 * 1024];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), limit.Token);
            if (part.MessageType is WebSocketMessageType.Close) return false;
            length += part.Count;
            if (part.EndOfMessage) break;
        }

        ReadOnlyMemory<byte> rest = buffer.AsMemory(0, length);
        while (JsonFrames.TryTakeFrame(ref rest, out var line))
            _unread.Enqueue(JsonFrames.ReadServerFrame(line.Span).Frame!);
        return true;
    }
}
