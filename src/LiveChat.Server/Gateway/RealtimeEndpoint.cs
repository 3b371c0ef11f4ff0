using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>
/// <c>GET /v1/realtime</c>: the upgrade to a WebSocket, or a problem that says why not. Nothing is allocated for a
/// connection before the limits allow it.
/// </summary>
internal sealed class RealtimeEndpoint(Node node, OriginPolicy origins, TimeProvider time)
{
    public const string Path = "/v1/realtime";
    public const string JsonProtocol = "livechat.v1.json";

    private static readonly JsonSerializerOptions ProblemJson = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public async Task HandleAsync(HttpContext context)
    {
        var sockets = context.WebSockets;
        if (!sockets.IsWebSocketRequest)
            await RefuseAsync(context, Problems.Of(ErrorCode.BadRequest, "This is for WebSocket connections."));
        else if (!origins.Allows(context.Request))
            await RefuseAsync(context, Problems.Of(ErrorCode.Forbidden, "The origin is not allowed."));
        else if (!sockets.WebSocketRequestedProtocols.Contains(JsonProtocol))
            await RefuseAsync(context, Problems.Of(ErrorCode.BadRequest, $"The subprotocol is {JsonProtocol}."));
        else if (node.TryOpen() is not { } connection)
            await RefuseAsync(context, Problems.Of(node.IsDraining ? ErrorCode.Draining : ErrorCode.Unavailable));
        else
            await RunAsync(sockets, connection);
    }

    private async Task RunAsync(WebSocketManager sockets, Connection connection)
    {
        WebSocket socket;
        try
        {
            // No compression (it would cost 300 KB a connection), no keep-alive (frames carry the heartbeat).
            socket = await sockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                SubProtocol = JsonProtocol,
                KeepAliveInterval = TimeSpan.Zero,
            });
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        using (socket)
            await new WebSocketConnection(socket, connection, time).RunAsync();
    }

    private static async Task RefuseAsync(HttpContext context, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = "application/problem+json";
        await JsonSerializer.SerializeAsync(
            context.Response.Body, problem, ProblemJson, context.RequestAborted);
    }
}
