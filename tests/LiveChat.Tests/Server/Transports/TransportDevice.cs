using System.Buffers;
using System.Text;
using LiveChat.Client;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Server.Transports;

/// <summary>A device over one of the SDK's transports, on a real server.</summary>
internal sealed class TransportDevice : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly Queue<ServerFrame> _unread = new();
    private readonly ITransport _transport;
    private uint _number = 1;

    private TransportDevice(ITransport transport) => _transport = transport;

    /// <summary>The names of all transports.</summary>
    public static TheoryData<string> Names => ["websocket", "events", "poll"];

    public Ready Ready { get; private set; } = null!;

    /// <summary>What the server said before it closed.</summary>
    public Goodbye? Goodbye { get; private set; }

    public static async Task<TransportDevice> OpenAsync(TestServer server, string transport)
    {
        var address = Endpoint.Realtime(server.Url, server.Token("route"));
        return new TransportDevice(transport switch
        {
            "websocket" => await WebSocketTransport.ConnectAsync(address, TimeProvider.System, default),
            "events" => new EventsTransport(address, TimeProvider.System),
            "poll" => new PollTransport(address, TimeProvider.System),
            _ => throw new ArgumentOutOfRangeException(nameof(transport)),
        });
    }

    /// <summary>A device that has signed in.</summary>
    public static async Task<TransportDevice> ConnectAsync(
        TestServer server, string transport, string user, string? since = null, string device = "d1")
    {
        var opened = await OpenAsync(server, transport);
        await opened.SendAsync(
            new Connect { Id = 1, Token = server.Token(user), Device = device, Since = since });
        opened.Ready = await opened.NextAsync<Ready>();
        return opened;
    }

    /// <summary>Sends frames in one message.</summary>
    public Task SendAsync(params ReadOnlySpan<ClientFrame> frames)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (var frame in frames)
        {
            JsonFrames.Write(bytes, frame);
            bytes.Write("\n"u8);
        }

        return SendAsync(bytes.WrittenMemory);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text).AsMemory());

    public async Task<ServerFrame> AskAsync(ClientFrame command)
    {
        var number = ++_number;
        await SendAsync(command with { Id = number });
        return await NextAsync<ServerFrame>(frame => frame.Re == number && frame is not Accepted);
    }

    public async Task<Ack> AckAsync(ClientFrame command) => Assert.IsType<Ack>(await AskAsync(command));

    public async Task<string> DirectAsync(string other) =>
        (await AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = other })).Chat;

    /// <summary>The next frame of this kind; others that come before it are skipped.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? wanted = null)
        where T : ServerFrame
    {
        while (true)
        {
            while (_unread.TryDequeue(out var frame))
                if (frame is T found && (wanted is null || wanted(found)))
                    return found;
            Assert.True(await ReadAsync(), $"Closed before a {typeof(T).Name}: {Goodbye}");
        }
    }

    /// <summary>Reads until the server closes; the frames that came.</summary>
    public async Task<IReadOnlyList<ServerFrame>> ReadToEndAsync()
    {
        while (await ReadAsync())
        {
        }

        return [.. _unread];
    }

    /// <summary>Leaves for good.</summary>
    public async Task LeaveAsync()
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await _transport.CloseAsync(1000, limit.Token);
    }

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    private async Task SendAsync(ReadOnlyMemory<byte> message)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await _transport.SendAsync(message, limit.Token);
    }

    private async Task<bool> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        TransportMessage message;
        try
        {
            message = await _transport.ReceiveAsync(limit.Token);
        }
        catch (TransportException) when (Goodbye is not null)
        {
            return false;
        }

        var rest = message.Bytes;
        while (JsonFrames.TryTakeFrame(ref rest, out var text))
        {
            var frame = JsonFrames.ReadServerFrame(text.Span).Frame!;
            Goodbye = frame as Goodbye ?? Goodbye;
            _unread.Enqueue(frame);
        }

        return message.CloseCode is null;
    }
}
