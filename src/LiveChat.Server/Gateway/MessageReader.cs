using System.Buffers;
using System.Net.WebSockets;
using LiveChat.Protocol;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Reads one WebSocket message after the other. While nothing comes it holds no buffer; the length is counted across
/// fragments and their number is limited, so that no sender can make it hold more than one message. Used by one loop.
/// </summary>
internal sealed class MessageReader(WebSocket socket) : IDisposable
{
    private const int FirstBytes = 4 * 1024;
    private const int FragmentsMax = 1_024;
    private byte[] _buffer = [];

    /// <summary>
    /// The next text message, valid until the next call; null when the peer closed or said what it must not, which
    /// is then in <paramref name="violation"/>'s hands.
    /// </summary>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(Action<CloseCode> violation)
    {
        Release();
        var length = 0;
        // Waits without a buffer: an idle connection costs none.
        var part = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
        for (var fragments = 0; ; fragments++)
        {
            if (part.MessageType is WebSocketMessageType.Close) return null;
            if (part.MessageType is WebSocketMessageType.Binary)
                return Refuse(CloseCode.UnsupportedData, violation);
            length += part.Count;
            if (length > Limits.FrameBytesMax || fragments > FragmentsMax)
                return Refuse(CloseCode.MessageTooBig, violation);
            if (part.EndOfMessage) return _buffer.AsMemory(0, length);
            if (length == _buffer.Length) Grow(length);
            part = await socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
        }
    }

    public void Dispose() => Release();

    private static ReadOnlyMemory<byte>? Refuse(CloseCode code, Action<CloseCode> violation)
    {
        violation(code);
        return null;
    }

    private void Grow(int used)
    {
        // One byte more than the longest message, so that a longer one is noticed.
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(FirstBytes, used * 2), Limits.FrameBytesMax + 1));
        _buffer.AsSpan(0, used).CopyTo(larger);
        Release();
        _buffer = larger;
    }

    private void Release()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
