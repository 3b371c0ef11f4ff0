using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using LiveChat.Core.Nodes;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LiveChat.Server.Gateway;

/// <summary>
/// A session for networks that let no WebSocket through, over requests that each of them lets through. <c>POST</c>
/// without a session opens one, and its first frame is <c>connect</c>; <c>GET /v1/poll</c> waits for frames,
/// <c>POST /v1/poll</c> sends some, <c>DELETE</c> leaves, <c>POST /v1/events</c> is answered with a stream of events.
/// Nothing is allocated for a session before the limits allow it.
/// </summary>
internal sealed class HttpTransport(
    Node node, HttpSessions sessions, OriginPolicy origins, AddressGate gate, RouteWatch routes, OpeningRate rate,
    TimeProvider time)
{
    public const string PollPath = "/v1/poll";
    public const string EventsPath = "/v1/events";
    private const int BodyBytes = 4 * 1024;

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(PollPath, context => AnswerAsync(context, PollAsync));
        app.MapPost(PollPath, context => AnswerAsync(context, SendAsync));
        app.MapDelete(PollPath, context => AnswerAsync(context, LeaveAsync));
        app.MapPost(EventsPath, context => AnswerAsync(context, StreamAsync));
    }

    private async Task AnswerAsync(HttpContext context, Func<HttpContext, Task<Problem?>> answer)
    {
        var problem = origins.Allows(context.Request) ? await answer(context) : OriginPolicy.Refusal;
        if (problem is not null) await ApiAnswer.WriteAsync(context, problem);
        else if (!context.Response.HasStarted) context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private Task<Problem?> PollAsync(HttpContext context) => ReadAsync(context, isStream: false);

    private Task<Problem?> StreamAsync(HttpContext context) => IsNamed(context)
        ? ReadAsync(context, isStream: true)
        : OpenAsync(context, isStream: true);

    private async Task<Problem?> SendAsync(HttpContext context)
    {
        if (!IsNamed(context)) return await OpenAsync(context, isStream: false);
        return TryFind(context, out var session) ? await session.ReceiveAsync(context) : HttpSession.Unknown();
    }

    private async Task<Problem?> LeaveAsync(HttpContext context)
    {
        if (!TryFind(context, out var session)) return HttpSession.Unknown();
        await session.LeaveAsync();
        return null;
    }

    private async Task<Problem?> ReadAsync(HttpContext context, bool isStream)
    {
        if (context.Request.Query["ack"] is not [{ Length: > 0 } text]
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var acknowledged))
            return Problems.Invalid("/ack", "number");
        return TryFind(context, out var session)
            ? await session.ReadAsync(context, acknowledged, isStream)
            : HttpSession.Unknown();
    }

    private async Task<Problem?> OpenAsync(HttpContext context, bool isStream)
    {
        var (session, problem) = await ConnectAsync(context);
        return session is null ? problem : await session.ReadAsync(context, acknowledged: 0, isStream);
    }

    /// <summary>Refused as an upgrade to a WebSocket is; a <c>connect</c> that is refused is told in the answer.
    /// </summary>
    private async Task<(HttpSession? Session, Problem? Problem)> ConnectAsync(HttpContext context)
    {
        if (!gate.TryAdmit(context, out var unsigned)) return (null, AddressGate.Refusal);
        routes.Look(context);
        if (rate.Take() is { } postponed) return (null, postponed);
        using var limit = new CancellationTokenSource(HttpSession.WaitMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        using var body = new MessageBuffer(BodyBytes);
        if (await HttpBody.ReadAsync(context.Request, body, either.Token) is { } wrong) return (null, wrong);
        if (node.TryOpen() is not { } connection)
            return (null, Problems.Of(node.IsDraining ? ErrorCode.Draining : ErrorCode.Unavailable));

        var session = sessions.Add(connection);
        await session.SignInAsync(context, body, either.Token);
        if (session.IsSignedIn) unsigned?.Dispose();
        return (session, null);
    }

    private bool TryFind(HttpContext context, [NotNullWhen(true)] out HttpSession? session)
    {
        if (!sessions.TryFind(context.Request, out session)) return false;
        UnsignedConnection.SignIn(context);
        return true;
    }

    private static bool IsNamed(HttpContext context) => context.Request.Headers.ContainsKey(HttpSessions.Header);
}
