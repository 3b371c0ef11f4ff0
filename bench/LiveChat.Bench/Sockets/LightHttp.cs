using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LiveChat.Bench.Sockets;

/// <summary>As little of an HTTP/1.1 connection as will do: one request at a time, and an answer with a length or in
/// chunks.</summary>
internal sealed class LightHttp : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
    {
        NoDelay = true,
    };

    private byte[] _buffer;
    private int _start;
    private int _end;
    private string _headers = "";
    private int _left;
    private bool _isChunked;

    /// <summary>Whether the line end of a chunk is still to come.</summary>
    private bool _isBehindChunk;

    private LightHttp(int bufferBytes) => _buffer = new byte[bufferBytes];

    private ReadOnlySpan<byte> Waiting => _buffer.AsSpan(_start.._end);

    public static async Task<LightHttp> OpenAsync(
        Uri server, int bufferBytes, CancellationToken cancellationToken)
    {
        var http = new LightHttp(bufferBytes);
        await http._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port), cancellationToken);
        return http;
    }

    /// <summary>Sends a request and reads the head of its answer.</summary>
    /// <param name="line">Method and path.</param>
    /// <param name="headers">Lines, each with its end.</param>
    /// <param name="body">What follows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The status.</returns>
    public async Task<int> AskAsync(
        string line, string headers, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var head = $"{line} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {body.Length}\r\n\r\n";
        await _socket.SendAsync(
            (byte[])[.. Encoding.ASCII.GetBytes(head), .. body.Span], cancellationToken);
        int end;
        while ((end = Waiting.IndexOf("\r\n\r\n"u8)) < 0) await FillAsync(cancellationToken);
        _headers = Encoding.ASCII.GetString(Waiting[..(end + 2)]);
        _start += end + 4;
        _isChunked = Header("Transfer-Encoding") == "chunked";
        _left = _isChunked ? 0 : int.Parse(Header("Content-Length") ?? "0", CultureInfo.InvariantCulture);
        return int.Parse(_headers.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
    }

    /// <summary>A header of the answer; null when it has none.</summary>
    public string? Header(string name)
    {
        var at = _headers.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return null;
        at += name.Length + 4;
        return _headers[at.._headers.IndexOf('\r', at)];
    }

    /// <summary>The next part of the answer, valid until the next call; empty at its end.</summary>
    public async Task<ReadOnlyMemory<byte>> PartAsync(CancellationToken cancellationToken)
    {
        if (_isChunked && _left == 0 && !await TryBeginChunkAsync(cancellationToken)) return default;
        if (_left == 0) return default;
        if (Waiting.IsEmpty) await FillAsync(cancellationToken);
        var count = Math.Min(_left, _end - _start);
        var part = _buffer.AsMemory(_start, count);
        (_start, _left) = (_start + count, _left - count);
        _isBehindChunk = _isChunked && _left == 0;
        return part;
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> TryBeginChunkAsync(CancellationToken cancellationToken)
    {
        if (_isBehindChunk) await PassLineEndAsync(cancellationToken);
        int end;
        while ((end = Waiting.IndexOf("\r\n"u8)) < 0) await FillAsync(cancellationToken);
        if (!Utf8Parser.TryParse(Waiting[..end], out int size, out _, 'X'))
            throw new FormatException("No chunk.");
        _start += end + 2;
        (_left, _isChunked) = (size, size > 0);
        if (size > 0) return true;
        await PassLineEndAsync(cancellationToken);
        return false;
    }

    private async Task PassLineEndAsync(CancellationToken cancellationToken)
    {
        while (Waiting.Length < 2) await FillAsync(cancellationToken);
        (_start, _isBehindChunk) = (_start + 2, false);
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        Waiting.CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
        var count = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
        if (count == 0) throw new EndOfStreamException("The server ended the connection.");
        _end += count;
    }
}
