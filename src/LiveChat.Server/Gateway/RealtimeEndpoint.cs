using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>
/// <c>GET /v1/realtime</c>: the upgrade to a WebSocket, or a problem that says why not. Nothing is allocated for a
/// connection before the limits allow it.
/// </summary>
internal sealed class RealtimeEndpoint(
    Node node, OriginPolicy origins, AddressGate gate, RouteWatch routes, OpeningRate rate, TimeProvider time)
{
    public const string Path = "/v1/realtime";
    public const string JsonProtocol = "livechat.v1.json";

    public static bool IsAsked(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Path == Path;

    /// <summary>Not an async method: it would be kept for as long as the connection.</summary>
    public Task HandleAsync(HttpContext context)
    {
        if (Refusal(context.Request) is { } problem)
        {
            if (problem.Status == StatusCodes.Status426UpgradeRequired)
                context.Response.Headers.SecWebSocketVersion = WebSocketHandshake.Version;
            return ApiAnswer.WriteAsync(context, problem);
        }

        if (!gate.TryAdmit(context, out var unsigned))
            return ApiAnswer.WriteAsync(context, AddressGate.Refusal);
        routes.Look(context);
        if (rate.Take() is { } postponed) return ApiAnswer.WriteAsync(context, postponed);
        if (node.TryOpen() is { } connection)
            return new WebSocketConnection(connection, context, unsigned, time).RunAsync();
        var code = node.IsDraining ? ErrorCode.Draining : ErrorCode.Unavailable;
        return ApiAnswer.WriteAsync(context, Problems.Of(code));
    }

    private Problem? Refusal(HttpRequest request)
    {
        if (!WebSocketHandshake.IsAsked(request) || !WebSocketHandshake.IsKeyGood(request))
            return Problems.Of(ErrorCode.BadRequest, "This is for WebSocket connections.");
        if (!WebSocketHandshake.IsVersionKnown(request))
            return Problems.Of(ErrorCode.BadRequest, $"The WebSocket version is {WebSocketHandshake.Version}.") with
            {
                Status = StatusCodes.Status426UpgradeRequired,
            };
        if (!origins.Allows(request)) return OriginPolicy.Refusal;
        return WebSocketHandshake.Offers(request, JsonProtocol)
            ? null
            : Problems.Of(ErrorCode.BadRequest, $"The subprotocol is {JsonProtocol}.");
    }
}
