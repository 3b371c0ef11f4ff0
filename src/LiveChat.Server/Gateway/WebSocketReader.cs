using System.Buffers;
using System.Runtime.CompilerServices;
using LiveChat.Protocol;

namespace LiveChat.Server.Gateway;

/// <summary>What was read.</summary>
internal enum WebSocketReadKind
{
    /// <summary>A whole text message, valid UTF-8.</summary>
    Text,
    Ping,
    Pong,

    /// <summary>The peer closes; nothing that it sends after counts.</summary>
    Close,

    /// <summary>The peer broke RFC 6455, or a limit; nothing more can be read.</summary>
    Violation,

    /// <summary>The stream ended without a close.</summary>
    End,
}

/// <param name="Kind">What it is.</param>
/// <param name="Payload">Of a message or a ping; valid until the next read.</param>
/// <param name="Code">Of a violation.</param>
internal readonly record struct WebSocketRead(
    WebSocketReadKind Kind, ReadOnlyMemory<byte> Payload = default, CloseCode Code = default);

/// <summary>
/// Reads a client's side of RFC 6455 from a stream. While nothing comes it holds no buffer. A length is checked before
/// anything is rented for it, bytes and fragments are counted over the whole message, and text that is no UTF-8 is
/// noticed with the first byte that cannot be mended. Used by one loop.
/// </summary>
internal sealed class WebSocketReader(Stream stream, int messageBytesMax) : IDisposable
{
    private const int RawBytes = 4 * 1024;
    private const int FragmentsMax = 1_024;

    // What came from the stream and was not taken yet lies in _raw from _start to _end.
    private byte[] _raw = [];
    private int _start;
    private int _end;

    // The frame that is being read, and how much of its payload was taken.
    private WebSocketHeader _frame;
    private bool _isInFrame;
    private long _taken;

    // The message that is put together of what did not come as one frame in one piece.
    private byte[] _message = [];
    private bool _isInMessage;
    private int _length;
    private int _fragments;
    private int _checked;
    private bool _isMessageRead;

    /// <summary>The next message or control frame. What waits for it is taken from a pool: one per message adds up.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<WebSocketRead> ReadAsync(CancellationToken cancellationToken)
    {
        if (_isMessageRead) ForgetMessage();
        while (true)
        {
            if (TryTake(out var read)) return read;
            if (!MakeRoom())
            {
                // Waits without a buffer: an idle connection costs none.
                _ = await stream.ReadAsync(Memory<byte>.Empty, cancellationToken);
                _raw = ArrayPool<byte>.Shared.Rent(RawBytes);
            }

            var count = await stream.ReadAsync(_raw.AsMemory(_end), cancellationToken);
            if (count == 0) return new WebSocketRead(WebSocketReadKind.End);
            _end += count;
        }
    }

    public void Dispose()
    {
        Release(ref _raw);
        Release(ref _message);
    }

    private bool TryTake(out WebSocketRead read)
    {
        while (true)
        {
            read = default;
            if (!_isInFrame)
            {
                var isWhole = WebSocketFrame.TryReadHeader(_raw.AsSpan(_start.._end), out _frame, out var isViolation);
                if (isViolation) return Refuse(CloseCode.ProtocolError, out read);
                if (!isWhole) return false;
                if (Refusal() is { } code) return Refuse(code, out read);
                _start += _frame.Size;
                (_isInFrame, _taken) = (true, 0);
            }

            if (_frame.IsControl) return TryTakeControl(out read);
            if (TryTakeData(out read)) return true;
            if (_isInFrame) return false;
        }
    }

    /// <summary>Why a frame with this header cannot be taken here, by the header alone.</summary>
    private CloseCode? Refusal()
    {
        if (_frame.IsControl) return null;
        if (_isInMessage != (_frame.Opcode is WebSocketOpcode.Continuation)) return CloseCode.ProtocolError;
        if (_frame.Opcode is WebSocketOpcode.Binary) return CloseCode.UnsupportedData;
        return _frame.Length > messageBytesMax - _length || ++_fragments > FragmentsMax
            ? CloseCode.MessageTooBig
            : null;
    }

    private bool TryTakeControl(out WebSocketRead read)
    {
        read = default;
        var length = (int)_frame.Length;
        if (_end - _start < length) return false;
        var payload = TakeRaw(length);
        _isInFrame = false;
        switch (_frame.Opcode)
        {
            case WebSocketOpcode.Ping:
                read = new WebSocketRead(WebSocketReadKind.Ping, payload);
                return true;
            case WebSocketOpcode.Pong:
                read = new WebSocketRead(WebSocketReadKind.Pong);
                return true;
            default:
                if (WebSocketFrame.CheckClose(payload.Span) is { } code) return Refuse(code, out read);
                read = new WebSocketRead(WebSocketReadKind.Close);
                return true;
        }
    }

    /// <summary>True when a message is whole, or broken; otherwise the frame is done when it is left.</summary>
    private bool TryTakeData(out WebSocketRead read)
    {
        read = default;
        var left = (int)(_frame.Length - _taken);
        var here = Math.Min(left, _end - _start);
        if (!_isInMessage && _frame.IsFinal && here == _frame.Length)
        {
            // The common case: one frame in one piece is handed on where it lies.
            var payload = TakeRaw(here);
            (_isInFrame, _isMessageRead) = (false, true);
            if (!System.Text.Unicode.Utf8.IsValid(payload.Span)) return Refuse(CloseCode.InvalidPayload, out read);
            read = new WebSocketRead(WebSocketReadKind.Text, payload);
            return true;
        }

        _isInMessage = true;
        Append(TakeRaw(here).Span);
        if (!Utf8Check.TryAdvance(_message.AsSpan(0, _length), ref _checked))
            return Refuse(CloseCode.InvalidPayload, out read);
        if (here < left) return false;
        _isInFrame = false;
        if (!_frame.IsFinal) return false;
        if (_checked < _length) return Refuse(CloseCode.InvalidPayload, out read);
        _isMessageRead = true;
        read = new WebSocketRead(WebSocketReadKind.Text, _message.AsMemory(0, _length));
        return true;
    }

    private Memory<byte> TakeRaw(int count)
    {
        var bytes = _raw.AsMemory(_start, count);
        WebSocketFrame.Unmask(bytes.Span, _frame.Mask, _taken);
        _start += count;
        _taken += count;
        return bytes;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_message.Length - _length < bytes.Length)
        {
            var size = Math.Clamp(Math.Max(_length * 2, _length + bytes.Length), RawBytes, messageBytesMax);
            var larger = ArrayPool<byte>.Shared.Rent(size);
            _message.AsSpan(0, _length).CopyTo(larger);
            Release(ref _message);
            _message = larger;
        }

        bytes.CopyTo(_message.AsSpan(_length));
        _length += bytes.Length;
    }

    private void ForgetMessage()
    {
        Release(ref _message);
        (_isInMessage, _isMessageRead) = (false, false);
        (_length, _fragments, _checked) = (0, 0, 0);
    }

    /// <summary>Behind the piece of a header or of a control frame, both shorter than the buffer; false when nothing is
    /// left, and the buffer is given back.</summary>
    private bool MakeRoom()
    {
        if (_start == _end)
        {
            Release(ref _raw);
            (_start, _end) = (0, 0);
            return false;
        }

        if (_start > 0)
        {
            _raw.AsSpan(_start.._end).CopyTo(_raw);
            (_start, _end) = (0, _end - _start);
        }

        return true;
    }

    private static bool Refuse(CloseCode code, out WebSocketRead read)
    {
        read = new WebSocketRead(WebSocketReadKind.Violation, Code: code);
        return true;
    }

    private static void Release(ref byte[] buffer)
    {
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
    }
}
