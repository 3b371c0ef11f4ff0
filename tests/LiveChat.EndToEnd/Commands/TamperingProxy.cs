using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace LiveChat.EndToEnd.Commands;

/// <summary>
/// Stands in front of a server and does to WebSocket messages that deliver something what a faulty server would do: to
/// one of so many on each connection. It reads whole messages, so each of them stays one.
/// </summary>
internal sealed class TamperingProxy : IAsyncDisposable
{
    private const int Every = 5;
    private const int ConnectionsMax = 1_000;
    private const int BytesMax = 1024 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly Uri _server;
    private readonly Func<byte[], byte[]?, IReadOnlyList<byte[]>> _tamper;
    private readonly Task _accepting;

    /// <param name="server">The server.</param>
    /// <param name="tamper">What becomes of a message and, where it holds one back, of the one before: the messages
    /// that go on in their place.</param>
    public TamperingProxy(Uri server, Func<byte[], byte[]?, IReadOnlyList<byte[]>> tamper)
    {
        (_server, _tamper) = (server, tamper);
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_running);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        for (var count = 0; count < ConnectionsMax; count++)
        {
            try
            {
                _running.Add(RunAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException)
            {
                return;
            }
        }
    }

    private async Task RunAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            client.NoDelay = true;
            await server.ConnectAsync(_server.Host, _server.Port, _stop.Token);
            var up = UpAsync(client, server);
            await DownAsync(server, client);
            client.Close();
            await up;
        }
        catch (Exception over) when (over is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of both, or the test, ended it.
        }
        finally
        {
            client.Dispose();
        }
    }

    private async Task UpAsync(Socket client, Socket server)
    {
        var buffer = new byte[16 * 1024];
        while (await client.ReceiveAsync(buffer, _stop.Token) is > 0 and var count)
            await server.SendAsync(buffer.AsMemory(0, count), _stop.Token);
        server.Close();
    }

    private async Task DownAsync(Socket server, Socket client)
    {
        var (buffer, filled, isOpen, seen) = (new byte[BytesMax], 0, false, 0);
        byte[]? held = null;
        while (await server.ReceiveAsync(buffer.AsMemory(filled), _stop.Token) is > 0 and var count)
        {
            filled += count;
            var start = 0;
            while (Length(buffer.AsSpan(start, filled - start), isOpen) is { } length)
            {
                var message = buffer.AsSpan(start, length).ToArray();
                (start, isOpen) = (start + length, true);
                var isDelivery = message.AsSpan().IndexOf("\"text\":\"@"u8) >= 0;
                var isTampered = isDelivery && (held is not null || ++seen % Every == 0);
                var next = isTampered ? _tamper(message, held) : [message];
                held = next.Count == 0 && held is null ? message : null;
                foreach (var one in next) await client.SendAsync(one, _stop.Token);
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }
    }

    /// <summary>The length of the head of the answer, and then of each message; null while it is not whole.</summary>
    private static int? Length(ReadOnlySpan<byte> bytes, bool isOpen)
    {
        if (!isOpen) return bytes.IndexOf("\r\n\r\n"u8) is >= 0 and var end ? end + 4 : null;
        if (bytes.Length < 2) return null;
        var (head, size) = (bytes[1] & 0x7F) switch { 126 => (4, 2), 127 => (10, 8), _ => (2, 0) };
        if (bytes.Length < head) return null;
        var length = head + size switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            8 => (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            _ => bytes[1] & 0x7F,
        };
        return bytes.Length >= length ? length : null;
    }
}
