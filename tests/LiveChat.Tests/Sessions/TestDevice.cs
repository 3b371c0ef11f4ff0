using System.Buffers;
using System.Text;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>A device without a socket. Everything it is told is kept in <see cref="Heard"/>.</summary>
/// <param name="connection">What stands for the device at the node.</param>
/// <param name="context">Where the node does what it does for the device.</param>
/// <param name="time">For keys.</param>
internal sealed class TestDevice(Connection connection, QuietContext context, TimeProvider time) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Queue<ServerFrame> _unread = new();
    private readonly Random _chance = new(7);
    private uint _number;

    public Connection Connection => connection;

    public List<ServerFrame> Heard { get; } = [];

    public Ready Ready { get; private set; } = null!;

    public async Task ConnectAsync(string user, string? since = null, string? device = "d1")
    {
        await SendAsync(new Connect { Id = 1, Token = user, Device = device, Since = since });
        await BeReadyAsync();
    }

    public async Task BeReadyAsync()
    {
        _number = 1;
        Ready = await NextAsync<Ready>();
    }

    public Task SendAsync(ClientFrame frame)
    {
        var bytes = new ArrayBufferWriter<byte>();
        JsonFrames.Write(bytes, frame);
        return SendAsync(bytes.WrittenMemory);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text).AsMemory());

    /// <summary>Sends a command and waits for its answer, whatever it is.</summary>
    public async Task<ServerFrame> AskAsync(ClientFrame command)
    {
        var number = ++_number;
        await SendAsync(command with { Id = number });
        return await NextAsync<ServerFrame>(frame => frame.Re == number && frame is not Accepted);
    }

    public async Task<Ack> AckAsync(ClientFrame command) => Assert.IsType<Ack>(await AskAsync(command));

    public async Task<Problem> ProblemAsync(ClientFrame command) =>
        Assert.IsType<ErrorFrame>(await AskAsync(command)).Problem;

    /// <summary>A page of the user's chats. As an SDK does, asks again when the node cannot for a moment.</summary>
    public async Task<Sync> SyncAsync(string? cursor = null)
    {
        using var limit = new CancellationTokenSource(Patience);
        ServerFrame answer;
        do
        {
            limit.Token.ThrowIfCancellationRequested();
            answer = await AskAsync(new SyncGet { Cursor = cursor });
        }
        while (answer is ErrorFrame { Problem.Code: ErrorCode.Unavailable });
        return Assert.IsType<Sync>(answer);
    }

    public MessageSend Message(string chat, string text) =>
        new() { Chat = chat, ClientId = Key(), Body = new MessageBody { Text = text } };

    public string Key()
    {
        var chance = new byte[16];
        lock (_chance) _chance.NextBytes(chance);
        BitConverter.TryWriteBytes(chance.AsSpan(8), GetHashCode() * 31 + ++_keys);
        return ClientId.FromTime(time.GetUtcNow().ToUnixTimeMilliseconds(), chance).ToString();
    }

    private int _keys;

    public async Task<string> CreateAsync(string? direct, params string[] members)
    {
        var create = new ChatCreate
        {
            ClientId = Key(),
            Direct = direct,
            Members = direct is null ? members : null,
        };
        return (await AckAsync(create)).Chat;
    }

    /// <summary>The next frame of this kind; others that come before it are skipped.</summary>
    public async Task<T> NextAsync<T>(Func<T, bool>? wanted = null)
        where T : ServerFrame
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            while (_unread.TryDequeue(out var frame))
                if (frame is T found && (wanted is null || wanted(found)))
                    return found;
            var waiting = connection.Outbox.WaitAsync();
            await waiting.AsTask().WaitAsync(limit.Token);
            if (Read() == 0 && connection.Outbox.Closed is { } code)
                Assert.Fail($"The session was closed with {code}; heard: {string.Join("; ", Heard)}");
        }
    }

    /// <summary>Everything up to the end of a session that the server closed.</summary>
    public async Task<Goodbye> GoodbyeAsync() => await NextAsync<Goodbye>();

    public ValueTask DisposeAsync() => context.Run(connection.DisposeAsync);

    private Task SendAsync(ReadOnlyMemory<byte> message) => context.Run(() => connection.ReceiveAsync(message));

    /// <summary>Reads what waits for it, without waiting; the number of frames.</summary>
    public int Read()
    {
        var message = new ArrayBufferWriter<byte>();
        var count = connection.Outbox.Take(message, 16 * 1024);
        var rest = message.WrittenMemory;
        while (JsonFrames.TryTakeFrame(ref rest, out var line))
        {
            var frame = JsonFrames.ReadServerFrame(line.Span).Frame!;
            Heard.Add(frame);
            _unread.Enqueue(frame);
        }

        return count;
    }
}
