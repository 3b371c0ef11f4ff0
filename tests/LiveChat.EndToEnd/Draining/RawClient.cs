using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.EndToEnd.Draining;

/// <summary>A client that sends what it likes, reads only when it is told to, and never ends by itself.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TcpClient _client = new() { ReceiveBufferSize = 4_096 };
    private readonly StringBuilder _heard = new();

    /// <summary>Connects and sends this.</summary>
    public static async Task<RawClient> OpenAsync(Uri server, string request)
    {
        var client = new RawClient();
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await client._client.ConnectAsync(server.Host, server.Port, limit.Token);
        await client.SendAsync(Encoding.ASCII.GetBytes(request));
        return client;
    }

    /// <summary>A WebSocket on which nothing was sent.</summary>
    public static async Task<RawClient> UpgradeAsync(Uri server)
    {
        var client = await OpenAsync(
            server,
            $"GET /v1/realtime HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Protocol: livechat.v1.json\r\n\r\n");
        await client.ReadToAsync("\r\n\r\n");
        return client;
    }

    /// <summary>Sends a frame, masked with zeros.</summary>
    public Task SendAsync(ClientFrame frame)
    {
        var payload = new System.Buffers.ArrayBufferWriter<byte>();
        JsonFrames.Write(payload, frame);
        var message = new byte[8 + payload.WrittenCount];
        (message[0], message[1]) = (0x81, 0x80 | 126);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)payload.WrittenCount);
        payload.WrittenSpan.CopyTo(message.AsSpan(8));
        return SendAsync(message);
    }

    public async Task SendAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await _client.GetStream().WriteAsync(bytes, limit.Token);
    }

    /// <summary>Reads until this was said, and gives all that was.</summary>
    public async Task<string> ReadToAsync(string text)
    {
        while (!_heard.ToString().Contains(text, StringComparison.Ordinal))
            if (!await ReadAsync()) throw new EndOfStreamException($"{text} was not said: {_heard}");
        return _heard.ToString();
    }

    /// <summary>Everything up to the end of the connection.</summary>
    public async Task<string> ReadToEndAsync()
    {
        try
        {
            while (await ReadAsync())
            {
            }
        }
        catch (IOException)
        {
            // Cut.
        }

        return _heard.ToString();
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        var buffer = new byte[4_096];
        var count = await _client.GetStream().ReadAsync(buffer, limit.Token);
        _heard.Append(Encoding.Latin1.GetString(buffer, 0, count));
        return count > 0;
    }
}
