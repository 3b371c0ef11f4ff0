using System.Net.Sockets;
using System.Text;
using LiveChat.EndToEnd.Crash;
using LiveChat.EndToEnd.Groups;
using LiveChat.Server;
using Xunit;

namespace LiveChat.EndToEnd.SlowReaders;

/// <summary>Requests that come a little at a time, so as to keep connections: cut, while others are let in.</summary>
public sealed class SlowHeaderTests
{
    private const int Slow = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Whoever_sends_a_request_a_little_at_a_time_is_cut_and_others_are_let_in_meanwhile()
    {
        using var scratch = new ScratchDirectory();
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        var data = Path.Combine(scratch.Path, "data");
        await using var server = await CrashServer.StartAsync(data, CrashServer.FreeEndpoint());
        var token = LiveChatServer.MintToken(data, "ann", TimeSpan.FromHours(1));
        var upgrade = $"GET /v1/realtime HTTP/1.1\r\nHost: {server.Endpoint.Authority}\r\nUpgrade: websocket\r\n";
        var body = $"POST /v1/chats HTTP/1.1\r\nHost: {server.Endpoint.Authority}\r\nAuthorization: Bearer {token}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n";
        var trickles = Enumerable.Range(0, Slow)
            .Select(i => TrickleAsync(server.Endpoint, i % 2 == 0 ? upgrade : body, limit.Token)).ToList();

        await using var member = await GroupMember.ConnectAsync("ann", server.Endpoint, token, limit.Token);
        Assert.Contains(trickles, static trickle => !trickle.IsCompleted);
        foreach (var answer in await Task.WhenAll(trickles))
            Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        await member.Client.CreateDirectAsync("bob", limit.Token);
    }

    /// <summary>One byte a second, until the server has had enough; what it says then.</summary>
    private static async Task<string> TrickleAsync(Uri server, string begin, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(begin), cancellationToken);
        var answer = new byte[4_096];
        var reading = stream.ReadAsync(answer, cancellationToken).AsTask();
        while (!reading.IsCompleted)
        {
            await stream.WriteAsync("x"u8.ToArray(), cancellationToken);
            await Task.WhenAny(reading, Task.Delay(Pause, TimeProvider.System, cancellationToken));
        }

        return Encoding.ASCII.GetString(answer, 0, await reading);
    }
}
