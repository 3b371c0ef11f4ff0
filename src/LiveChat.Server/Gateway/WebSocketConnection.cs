using System.Net.WebSockets;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Carries one connection over one WebSocket: a loop that reads messages into it, a loop that writes what is in its
/// outbox, several frames to a message. Whichever ends first closes the outbox; then the other has 5 s to say and hear
/// the close, after which the socket is cut.
/// </summary>
internal sealed class WebSocketConnection(WebSocket socket, Connection connection, TimeProvider time)
{
    private const int MessageBytesMax = 16 * 1024;
    private const int DiscardBytes = 4 * 1024;
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    public async Task RunAsync()
    {
        var reading = ReadAllAsync();
        var writing = UntilGoneAsync(WriteAsync);
        await connection.Outbox.Closing;
        try
        {
            await Task.WhenAll(reading, writing).WaitAsync(CloseTimeout, time);
        }
        catch (TimeoutException)
        {
            socket.Abort();
        }

        await reading;
        await writing;
        await connection.DisposeAsync();
    }

    /// <summary>
    /// Messages; then, after a violation, whatever comes before the peer's close: a socket that is cut with unread
    /// bytes in it would take the goodbye and the code with it.
    /// </summary>
    private async Task ReadAllAsync()
    {
        await UntilGoneAsync(ReadAsync);
        await UntilGoneAsync(DiscardAsync);
    }

    /// <summary>The peer is gone, or broke the protocol and the socket has said so: nobody reads the outbox.</summary>
    private async Task UntilGoneAsync(Func<Task> loop)
    {
        try
        {
            await loop();
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
        {
            connection.Outbox.Abandon();
        }
    }

    private async Task ReadAsync()
    {
        using var reader = new MessageReader(socket);
        while (await reader.ReadAsync(code => connection.Outbox.Close(code)) is { } message)
            await connection.ReceiveAsync(message);
        connection.Outbox.Close(CloseCode.Normal);
    }

    private async Task DiscardAsync()
    {
        using var buffer = new MessageBuffer(DiscardBytes);
        while (socket.State is WebSocketState.Open or WebSocketState.CloseSent)
            await socket.ReceiveAsync(buffer.GetMemory(), CancellationToken.None);
    }

    private async Task WriteAsync()
    {
        var outbox = connection.Outbox;
        while (true)
        {
            await outbox.WaitAsync();
            using var message = new MessageBuffer(MessageBytesMax);
            if (outbox.Take(message, MessageBytesMax) > 0)
                await socket.SendAsync(
                    message.Written, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            else if (outbox.Closed is not null)
                break;
        }

        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            await socket.CloseOutputAsync(
                (WebSocketCloseStatus)(int)outbox.Closed, statusDescription: null, CancellationToken.None);
    }
}
