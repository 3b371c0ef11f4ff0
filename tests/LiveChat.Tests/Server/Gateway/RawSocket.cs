using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>A client that sends whatever bytes it likes, and reads a server's frames.</summary>
internal sealed class RawSocket : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TcpClient _client = new();
    private Stream _stream = Stream.Null;

    /// <summary>The first line of the answer, and its headers.</summary>
    public string Answer { get; private set; } = "";

    /// <summary>Asks for a WebSocket; headers may be changed or left out.</summary>
    public static async Task<RawSocket> OpenAsync(Uri url, Func<string, string>? change = null)
    {
        var socket = new RawSocket();
        await socket._client.ConnectAsync(url.Host, url.Port);
        socket._stream = socket._client.GetStream();
        var request = $"GET /v1/realtime HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: keep-alive, Upgrade\r\n"
            + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Protocol: other, livechat.v1.json\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(change?.Invoke(request) ?? request));
        socket.Answer = await socket.ReadHeadAsync();
        return socket;
    }

    /// <summary>A socket whose session has begun.</summary>
    public static async Task<RawSocket> ConnectAsync(TestServer server, string user)
    {
        var socket = await OpenAsync(server.Url);
        Assert.StartsWith("HTTP/1.1 101 ", socket.Answer, StringComparison.Ordinal);
        var connect = new System.Buffers.ArrayBufferWriter<byte>();
        JsonFrames.Write(connect, new Connect { Id = 1, Token = server.Token(user), Device = "raw" });
        await socket.SendAsync(ClientFrames.Frame(ClientFrames.Text, connect.WrittenMemory.ToArray()));
        Assert.Contains("\"ready\"", await socket.NextTextAsync(), StringComparison.Ordinal);
        return socket;
    }

    public async Task SendAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, limit.Token);
    }

    /// <summary>The next frame of the server; null at the end of the stream.</summary>
    public async Task<(int Opcode, byte[] Payload)?> NextAsync()
    {
        var head = new byte[2];
        if (!await TryFillAsync(head)) return null;
        Assert.Equal(0x80, head[0] & 0xF0); // Whole messages, no extension.
        var length = head[1] switch
        {
            < 126 => head[1],
            126 => BinaryPrimitives.ReadUInt16BigEndian(await BytesAsync(2)),
            127 => (int)BinaryPrimitives.ReadUInt64BigEndian(await BytesAsync(8)),
            _ => throw new InvalidDataException("A server must not mask."),
        };
        return (head[0] & 0x0F, await BytesAsync(length));
    }

    public async Task<string> NextTextAsync()
    {
        var frame = await NextAsync() ?? throw new EndOfStreamException();
        Assert.Equal(ClientFrames.Text, frame.Opcode);
        return Encoding.UTF8.GetString(frame.Payload);
    }

    /// <summary>Reads to the end; the code of the server's close frame, and how many pongs came before it.</summary>
    public async Task<(int? Code, int Pongs)> ClosedAsync()
    {
        var (code, pongs) = ((int?)null, 0);
        while (await NextAsync() is { } frame)
        {
            if (frame.Opcode == ClientFrames.Pong) pongs++;
            if (frame.Opcode != ClientFrames.Close) continue;
            Assert.Null(code);
            code = BinaryPrimitives.ReadUInt16BigEndian(frame.Payload);
            _client.Client.Shutdown(SocketShutdown.Send);
        }

        return (code, pongs);
    }

    /// <summary>Whether the server ends the connection by itself, however it likes to.</summary>
    public async Task<bool> IsCutAsync()
    {
        try
        {
            while (await NextAsync() is not null)
            {
            }

            return true;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private async Task<byte[]> BytesAsync(int count)
    {
        var bytes = new byte[count];
        return count == 0 || await TryFillAsync(bytes) ? bytes : throw new EndOfStreamException();
    }

    private async Task<bool> TryFillAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        return await _stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, limit.Token)
            == bytes.Length;
    }

    private async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await TryFillAsync(one))
            head.Append((char)one[0]);
        return head.ToString();
    }
}
