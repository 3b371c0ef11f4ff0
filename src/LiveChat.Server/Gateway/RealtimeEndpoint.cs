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
        var request = context.Request;
        if (!WebSocketHandshake.IsAsked(request) || !WebSocketHandshake.IsKeyGood(request))
            await RefuseAsync(context, Problems.Of(ErrorCode.BadRequest, "This is for WebSocket connections."));
        else if (!WebSocketHandshake.IsVersionKnown(request))
            await RefuseVersionAsync(context);
        else if (!origins.Allows(request))
            await RefuseAsync(context, Problems.Of(ErrorCode.Forbidden, "The origin is not allowed."));
        else if (!WebSocketHandshake.Offers(request, JsonProtocol))
            await RefuseAsync(context, Problems.Of(ErrorCode.BadRequest, $"The subprotocol is {JsonProtocol}."));
        else if (node.TryOpen() is not { } connection)
            await RefuseAsync(context, Problems.Of(node.IsDraining ? ErrorCode.Draining : ErrorCode.Unavailable));
        else
            await RunAsync(context, connection);
    }

    private async Task RunAsync(HttpContext context, Connection connection)
    {
        Stream stream;
        try
        {
            stream = await WebSocketHandshake.AcceptAsync(context, JsonProtocol);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await using (stream)
            await new WebSocketConnection(stream, connection, context.Abort, time).RunAsync();
    }

    private static Task RefuseVersionAsync(HttpContext context)
    {
        context.Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
        var problem = Problems.Of(ErrorCode.BadRequest, $"The WebSocket version is {WebSocketHandshake.Version}.");
        return RefuseAsync(context, problem with { Status = StatusCodes.Status426UpgradeRequired });
    }

    private static async Task RefuseAsync(HttpContext context, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = "application/problem+json";
        await JsonSerializer.SerializeAsync(
            context.Response.Body, problem, ProblemJson, context.RequestAborted);
    }
}
