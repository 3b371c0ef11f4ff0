using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using LiveChat.Bench.Sockets;
using LiveChat.Server.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveChat.Bench.Density;

/// <summary>
/// The least that a WebSocket endpoint on Kestrel can be and still hold sessions open: it waits for a message without
/// a buffer, forgets it, and one timer sends everybody the ping that LiveChat sends, every 30 s, spread over them.
/// It collects when idle, as LiveChat does.
/// </summary>
internal static class BareServer
{
    private const int PingSeconds = 30;
    private const int BufferBytes = 4 * 1024;
    private static readonly byte[] Ping = Encoding.UTF8.GetBytes(
        "{\"type\":\"ping\",\"data\":{\"since\":\"1764000000000\"}}");

    public static async Task RunAsync(string listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(listen);
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddHostedService(static _ => new IdleCollector(TimeProvider.System));
        await using var app = builder.Build();
        var sockets = new ConcurrentDictionary<WebSocket, int>();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Map("/v1/realtime", context => HoldAsync(context, sockets));
        await app.StartAsync();
        using var stop = new CancellationTokenSource();
        var pinging = PingAsync(sockets, stop.Token);
        Console.WriteLine(ServerChild.UrlWord + app.Urls.First());
        Console.WriteLine("Ready.");
        await ServerChild.UntilParentEndsAsync();
        await stop.CancelAsync();
        await pinging;
    }

    private static async Task HoldAsync(HttpContext context, ConcurrentDictionary<WebSocket, int> sockets)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("livechat.v1.json");
        sockets[socket] = sockets.Count % PingSeconds;
        try
        {
            while (socket.State is WebSocketState.Open)
            {
                await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
                await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        catch (WebSocketException)
        {
            // The client left without a close.
        }
        finally
        {
            sockets.TryRemove(socket, out _);
        }
    }

    private static async Task PingAsync(ConcurrentDictionary<WebSocket, int> sockets, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            for (var second = 0; await timer.WaitForNextTickAsync(stop); second = (second + 1) % PingSeconds)
                foreach (var (socket, turn) in sockets)
                    if (turn == second && socket.State is WebSocketState.Open)
                        await socket.SendAsync(Ping, WebSocketMessageType.Text, endOfMessage: true, stop);
        }
        catch (Exception over) when (over is OperationCanceledException or WebSocketException)
        {
            // The run is over.
        }
    }
}
