using System.Buffers;
using LiveChat.Client;
using LiveChat.Protocol;

namespace LiveChat.Tests.Sessions;

/// <summary>The SDK's connection to a <see cref="TestNode"/>, without a socket.</summary>
/// <param name="connection">What stands for the device at the node.</param>
/// <param name="context">Where the node does what it does for the device.</param>
internal sealed class NodeTransport(Core.Sessions.Connection connection, QuietContext context) : ITransport
{
    private const int MessageBytes = 16 * 1024;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        if (connection.Outbox.Closed is not null) throw new TransportException("the node has closed", null);
        await context.Run(() => connection.ReceiveAsync(message)).WaitAsync(cancellationToken);
    }

    public async ValueTask<TransportMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var message = new ArrayBufferWriter<byte>();
            if (connection.Outbox.Take(message, MessageBytes) > 0)
                return new TransportMessage(message.WrittenMemory, null);
            if (connection.Outbox.Closed is { } code) return new TransportMessage(default, (int)code);
            await connection.Outbox.WaitAsync().AsTask().WaitAsync(cancellationToken);
        }
    }

    public ValueTask CloseAsync(int code, CancellationToken cancellationToken)
    {
        connection.Outbox.Close((CloseCode)code);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => context.Run(connection.DisposeAsync);
}
