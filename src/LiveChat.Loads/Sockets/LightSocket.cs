using System.Buffers;
using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.Loads.Sockets;

/// <summary>
/// As little of a WebSocket client as will do, so that the load costs less than what is measured: frames are masked
/// with zeros, which leaves their payload as it is. One loop reads; any thread sends, since a socket keeps whole sends
/// in their order. Over TLS a lock does.
/// </summary>
internal sealed class LightSocket : ILightLine
{
    private const int Continuation = 0;
    private const int Text = 1;
    private const int Binary = 2;
    private const int Final = 0x80;
    private const int Close = 8;
    private static readonly byte[] PongFrame = Frame(new Pong());

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Lock _sending = new();
    private SslStream? _tls;
    private ArrayBufferWriter<byte>? _parts;
    private byte[] _buffer;
    private int _start;
    private int _end;

    private LightSocket(int bufferBytes) => _buffer = new byte[bufferBytes];

    public int? CloseCode { get; private set; }

    /// <summary>Whether <see cref="SendMessage"/> sends binary messages.</summary>
    public bool SendsBinary { get; set; }

    /// <summary>Connects and does the handshake of RFC 6455.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="bufferBytes">The buffer to begin with; it grows to the longest message.</param>
    /// <param name="kernelBytes">What the kernel may keep of what was not read; null leaves it alone.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<LightSocket> OpenAsync(
        Uri server, int bufferBytes, int? kernelBytes, CancellationToken cancellationToken) =>
        OpenAsync(
            new Uri(server, "/v1/realtime"),
            "Sec-WebSocket-Protocol: livechat.v1.json\r\n",
            bufferBytes,
            kernelBytes,
            cancellationToken);

    /// <summary>The same at any address, with header lines of the caller.</summary>
    public static async Task<LightSocket> OpenAsync(
        Uri server, string headers, int bufferBytes, int? kernelBytes, CancellationToken cancellationToken)
    {
        var request = Encoding.ASCII.GetBytes(
            $"GET {server.PathAndQuery} HTTP/1.1\r\nHost: {server.Authority}\r\n"
            + "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n");
        var socket = new LightSocket(bufferBytes);
        try
        {
            await socket.OpenAsync(server, kernelBytes, cancellationToken);
            await socket.SendAsync(request, cancellationToken);
            int end;
            while ((end = socket.Waiting.IndexOf("\r\n\r\n"u8)) < 0)
                if (!await socket.FillAsync(cancellationToken)) throw new EndOfStreamException();
            if (!socket.Waiting.StartsWith("HTTP/1.1 101 "u8))
                throw NotNowException.Of(Encoding.ASCII.GetString(socket.Waiting[..end]));
            socket._start += end + 4;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Begins a session and gives back what the server said of it.</summary>
    public async Task<Ready> ConnectAsync(Connect connect, CancellationToken cancellationToken)
    {
        await SendAsync(connect with { Id = 1 }, cancellationToken);
        var answer = await ReadAsync(cancellationToken);
        if (answer.IsEmpty) throw LoadException.Closed(CloseCode);
        return JsonFrames.ReadServerFrame(Lines(answer)[0].Span).Frame switch
        {
            Ready ready => ready,
            Goodbye { Reconnect: true } goodbye => throw NotNowException.Of(goodbye),
            Goodbye goodbye => throw LoadException.NotTaken(goodbye.Reason),
            ErrorFrame error => throw LoadException.Refused(error.Problem),
            _ => throw LoadException.NotTaken(Encoding.UTF8.GetString(answer.Span)),
        };
    }

    /// <summary>The frames of a message.</summary>
    public static List<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> message)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        while (JsonFrames.TryTakeFrame(ref message, out var line)) lines.Add(line);
        return lines;
    }

    public Task SendAsync(ClientFrame frame, CancellationToken cancellationToken) =>
        SendAsync(Frame(frame), cancellationToken);

    public async Task SendAsync(byte[] frame, CancellationToken cancellationToken)
    {
        if (_tls is null) await _socket.SendAsync(frame, cancellationToken);
        else Send(frame);
    }

    /// <summary>Sends at once; the caller keeps the order. Waits only while the server does not read.</summary>
    public void Send(byte[] frame)
    {
        if (_tls is null)
        {
            _socket.Send(frame);
            return;
        }

        lock (_sending) _tls.Write(frame);
    }

    public async Task<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (TryTake(out var opcode, out var isFinal, out var payload))
            {
                if (opcode == Close)
                {
                    CloseCode = BinaryPrimitives.ReadUInt16BigEndian(payload.Span);
                    return default;
                }

                if (opcode is not (Continuation or Text or Binary) || !IsWhole(isFinal, ref payload)) continue;
                if (payload.Span.IndexOf("\"type\":\"ping\""u8) >= 0) await SendAsync(PongFrame, cancellationToken);
                return payload;
            }

            if (!await FillAsync(cancellationToken)) return default;
        }
    }

    public void SendMessage(ReadOnlySpan<byte> message) => Send(Frame(message, SendsBinary ? Binary : Text));

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }

    /// <summary>The frame as it goes over the wire.</summary>
    public static byte[] Frame(ClientFrame frame) => Frame(Message(frame));

    /// <summary>The frame as a message.</summary>
    public static byte[] Message(ClientFrame frame)
    {
        var message = new ArrayBufferWriter<byte>();
        JsonFrames.Write(message, frame);
        return message.WrittenSpan.ToArray();
    }

    /// <summary>A text message as it goes over the wire. Up to 64 KB.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> payload) => Frame(payload, Text);

    private static byte[] Frame(ReadOnlySpan<byte> payload, int opcode)
    {
        var length = payload.Length;
        byte[] head = length < 126
            ? [(byte)(0x80 | opcode), (byte)(0x80 | length), 0, 0, 0, 0]
            : [(byte)(0x80 | opcode), 0x80 | 126, (byte)(length >> 8), (byte)length, 0, 0, 0, 0];
        return [.. head, .. payload];
    }

    private async Task OpenAsync(Uri server, int? kernelBytes, CancellationToken cancellationToken)
    {
        if (kernelBytes is { } bytes) _socket.ReceiveBufferSize = bytes;
        await _socket.ConnectAsync(server.IdnHost, server.Port, cancellationToken);
        if (server.Scheme is not ("https" or "wss")) return;
        _tls = new SslStream(new NetworkStream(_socket));
        await _tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = server.IdnHost }, cancellationToken);
    }

    private ReadOnlySpan<byte> Waiting => _buffer.AsSpan(_start.._end);

    /// <summary>Puts a message together that came in several frames.</summary>
    private bool IsWhole(bool isFinal, ref ReadOnlyMemory<byte> payload)
    {
        if (isFinal && _parts is null) return true;
        _parts ??= new ArrayBufferWriter<byte>();
        _parts.Write(payload.Span);
        if (!isFinal) return false;
        payload = _parts.WrittenMemory;
        _parts = null;
        return true;
    }

    private bool TryTake(out int opcode, out bool isFinal, out ReadOnlyMemory<byte> payload)
    {
        (opcode, isFinal, payload) = (0, false, default);
        var bytes = Waiting;
        if (bytes.Length < 2) return false;
        var size = bytes[1] switch { 126 => 4, 127 => 10, _ => 2 };
        if (bytes.Length < size) return false;
        var length = size switch
        {
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            10 => (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            _ => bytes[1],
        };
        if (bytes.Length < size + length) return false;
        (opcode, isFinal) = (bytes[0] & 0x0F, (bytes[0] & Final) != 0);
        payload = _buffer.AsMemory(_start + size, length);
        _start += size + length;
        return true;
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        Waiting.CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        var free = _buffer.AsMemory(_end);
        var count = _tls is null
            ? await _socket.ReceiveAsync(free, cancellationToken)
            : await _tls.ReadAsync(free, cancellationToken);
        _end += count;
        return count > 0;
    }
}
