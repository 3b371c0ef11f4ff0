using System.Net.WebSockets;

namespace LiveChat.Client;

/// <summary>The transport over a real WebSocket. One task sends and one receives at a time.</summary>
internal sealed class WebSocketTransport(ClientWebSocket socket) : ITransport
{
    /// <summary>The subprotocol: JSON frames, version 1.</summary>
    public const string Subprotocol = "livechat.v1.json";

    /// <summary>A page is at most 128 KB and messages may be batched; more than this is no server of ours.</summary>
    private const int MessageBytesMax = 4 * 1024 * 1024;

    private byte[] _buffer = new byte[16 * 1024];

    /// <summary>Opens the WebSocket.</summary>
    /// <exception cref="TransportException">There is none at the address, or it cannot be reached.</exception>
    public static async ValueTask<ITransport> ConnectAsync(
        Uri address, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(Subprotocol);
            if (!OperatingSystem.IsBrowser())
            {
                // The protocol has its own heartbeat, which is what both sides judge by.
                socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
                socket.Options.CollectHttpResponseDetails = true;
            }

            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            if (socket.SubProtocol != Subprotocol) throw new WebSocketException(WebSocketError.UnsupportedProtocol);
            return new WebSocketTransport(socket);
        }
        catch (Exception failed) when (failed is WebSocketException or HttpRequestException or IOException)
        {
            using (socket)
            {
                if (OperatingSystem.IsBrowser())
                    throw new TransportException($"{address.Authority} cannot be reached", failed) { IsBlocked = true };
                throw ConnectFailure.Of(
                    address, failed, socket.HttpStatusCode, socket.HttpResponseHeaders, time.GetUtcNow());
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception failed) when (IsBroken(failed, cancellationToken))
        {
            throw new TransportException("the connection broke", failed);
        }
    }

    public async ValueTask<TransportMessage> ReceiveAsync(CancellationToken cancellationToken)
    {
        var length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult part;
            try
            {
                part = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            }
            catch (WebSocketException)
            {
                return new TransportMessage(default, 1006);
            }
            catch (Exception failed) when (IsBroken(failed, cancellationToken))
            {
                throw new TransportException("the connection broke", failed);
            }

            if (part.MessageType == WebSocketMessageType.Close)
            {
                return new TransportMessage(default, (int?)socket.CloseStatus ?? 1005);
            }

            length += part.Count;
            if (part.EndOfMessage) return new TransportMessage(_buffer.AsMemory(0, length), null);
            if (length < _buffer.Length) continue;
            if (length >= MessageBytesMax) return new TransportMessage(default, 1006);
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }

    public async ValueTask CloseAsync(int code, CancellationToken cancellationToken)
    {
        try
        {
            await socket.CloseOutputAsync((WebSocketCloseStatus)code, null, cancellationToken).ConfigureAwait(false);
        }
        catch (WebSocketException)
        {
            // It is closed already.
        }
        catch (Exception failed) when (IsBroken(failed, cancellationToken))
        {
            throw new TransportException("the connection broke", failed);
        }
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What a broken socket throws. One that a send has aborted reads as cancelled.</summary>
    private static bool IsBroken(Exception failed, CancellationToken cancellationToken) =>
        failed is WebSocketException or IOException or ObjectDisposedException
        || (failed is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
