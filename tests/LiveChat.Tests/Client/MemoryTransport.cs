using System.Buffers;
using System.Threading.Channels;
using LiveChat.Client;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>
/// A connection in memory: the client holds the transport, the test holds the peer's end. Cut, it behaves as a
/// socket whose cable was pulled: what is under way is lost and the client reads 1006.
/// </summary>
internal sealed class MemoryTransport : ITransport
{
    private const int QueueMax = 10_000;

    private readonly Channel<ClientFrame> _up = Channel.CreateBounded<ClientFrame>(QueueMax);
    private readonly Channel<TransportMessage> _down = Channel.CreateBounded<TransportMessage>(QueueMax);

    public ChannelReader<ClientFrame> FromClient => _up.Reader;

    /// <summary>The peer does not hear when the client leaves.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>What closing throws, if it does.</summary>
    public Exception? CloseFailure { get; set; }

    public void ToClient(params ReadOnlySpan<ServerFrame> frames)
    {
        var message = new ArrayBufferWriter<byte>();
        foreach (var frame in frames)
        {
            JsonFrames.Write(message, frame);
            message.Write("\n"u8);
        }

        _down.Writer.TryWrite(new TransportMessage(message.WrittenMemory, null));
    }

    public void CloseWith(int code)
    {
        _down.Writer.TryWrite(new TransportMessage(default, code));
        _up.Writer.TryComplete();
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var read = JsonFrames.ReadClientFrame(message.Span);
        Assert.Equal(FrameReadStatus.Frame, read.Status);
        return _up.Writer.TryWrite(read.Frame!)
            ? ValueTask.CompletedTask
            : ValueTask.FromException(new TransportException("the connection is cut", null));
    }

    public ValueTask<TransportMessage> ReceiveAsync(CancellationToken cancellationToken) =>
        _down.Reader.ReadAsync(cancellationToken);

    public ValueTask CloseAsync(int code, CancellationToken cancellationToken)
    {
        if (CloseFailure is { } failure) return ValueTask.FromException(failure);
        if (!IsDeaf) CloseWith(code);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _up.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
