using System.Buffers;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What lies between a device and a node: two directions, each in order and late, with little room towards the
/// device, so that one that does not read fills its outbox. Either end may go, the device also without a word. The
/// server's half runs in the node's process and does what the gateway does with a WebSocket.
/// </summary>
internal sealed class SimulatedSocket(
    Connection connection, SimulatedNode node, World world, Faults faults, PlantedWire wire)
    : ISimulatedTransport
{
    private const int MessageBytesMax = 2 * 1024;
    private const int MessagesOnTheWayMax = 4;

    /// <summary>How long after the end of its token a session may still be there.</summary>
    private static readonly TimeSpan ExpirySlack = TimeSpan.FromSeconds(30);

    private readonly Queue<ReadOnlyMemory<byte>> _toServer = new();
    private readonly Queue<IReadOnlyList<ServerFrame>> _toDevice = new();
    private readonly Signal _server = new();
    private readonly Signal _device = new();
    private Queue<ServerFrame> _received = new();
    private bool _hasLeft;
    private bool _isCut;

    public DateTimeOffset ExpiresAt { get; set; } = DateTimeOffset.MaxValue;

    public UserId? Forsaken => _isCut && connection.Outbox.Closed is null ? connection.Session?.User : null;

    public void Start()
    {
        node.Process.Start(ReadAsync);
        node.Process.Start(WriteAsync);
        node.Process.Start(WatchAsync);
    }

    public void Send(ClientFrame frame)
    {
        if (_isCut || _hasLeft)
            return;
        var bytes = new ArrayBufferWriter<byte>();
        JsonFrames.Write(bytes, frame);
        _toServer.Enqueue(bytes.WrittenMemory);
        _server.Set();
    }

    public async Task<ServerFrame?> ReceiveAsync()
    {
        while (true)
        {
            if (_received.TryDequeue(out var frame))
                return frame;
            if (_toDevice.TryDequeue(out var message))
            {
                _received = new Queue<ServerFrame>(message);
                _server.Set();
            }
            else if (_isCut)
            {
                return null;
            }
            else
            {
                await _device.NextAsync();
            }
        }
    }

    public void Leave(bool silently)
    {
        _isCut = true;
        _hasLeft = !silently;
        _toServer.Clear();
        _device.Set();
        _server.Set();
    }

    public void Cut()
    {
        _isCut = true;
        while (_toDevice.Count > 0 && faults.Upto(1) == 0)
            _toDevice.Clear();
        _device.Set();
    }

    private async Task ReadAsync()
    {
        try
        {
            while (connection.Outbox.Closed is null)
            {
                if (_hasLeft)
                    connection.Leave();
                else if (_toServer.TryDequeue(out var message))
                    await HandOverAsync(message);
                else
                    await _server.NextAsync();
            }
        }
        catch
        {
            connection.Outbox.Close(CloseCode.InternalError); // As a server does; and the run ends.
            throw;
        }
        finally
        {
            await connection.Outbox.Closing;
            await connection.DisposeAsync();
        }
    }

    private async Task HandOverAsync(ReadOnlyMemory<byte> message)
    {
        await faults.PauseAsync(millisecondsMax: 5);
        try
        {
            var former = connection.Session;
            if (former is not null)
                world.Presence.Hear(former.User);
            await connection.ReceiveAsync(message);
            if (former is null && connection.Session is { } session)
                world.Presence.Hear(session.User);
        }
        catch (Exception exception) when (node.HasFailed || exception is ObjectDisposedException)
        {
            connection.Outbox.Close(CloseCode.InternalError);
        }
    }

    private async Task WriteAsync()
    {
        var outbox = connection.Outbox;
        while (true)
        {
            await outbox.WaitAsync();
            world.Require(outbox.Bytes <= node.OutboxBytesMax, $"An outbox holds {outbox.Bytes} bytes.");
            var bytes = new ArrayBufferWriter<byte>();
            if (outbox.Take(bytes, MessageBytesMax) > 0)
                await DeliverAsync(bytes.WrittenMemory);
            else if (outbox.Closed is not null)
                break;
        }

        _isCut = true;
        _device.Set();
    }

    private async Task DeliverAsync(ReadOnlyMemory<byte> message)
    {
        await faults.PauseAsync(millisecondsMax: 10);
        while (_toDevice.Count >= MessagesOnTheWayMax && connection.Outbox.Closed is null && !wire.DropsWhenFull)
            await _server.NextAsync();

        var frames = new List<ServerFrame>();
        var isFull = _toDevice.Count >= MessagesOnTheWayMax;
        for (var rest = message; JsonFrames.TryTakeFrame(ref rest, out var line);)
        {
            var frame = JsonFrames.ReadServerFrame(line.Span).Frame
                ?? throw new SimulationException("The node said what nobody can read.");
            world.Require(
                frame is Goodbye || world.Time.GetUtcNow() < ExpiresAt + ExpirySlack,
                $"A session outlived its token by half a minute.");
            frames.AddRange(wire.Pass(frame, isFull));
        }

        _toDevice.Enqueue(frames);
        _device.Set();
    }

    /// <summary>A closed connection wakes its loops.</summary>
    private async Task WatchAsync()
    {
        await connection.Outbox.Closing;
        _server.Set();
    }
}
