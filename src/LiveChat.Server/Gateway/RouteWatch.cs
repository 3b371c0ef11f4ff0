using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.Nodes;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Notices a proxy that does not choose the node by the <c>route</c> of the URL. A proxy says by what it chose in the
/// header <c>LiveChat-Route</c>; another value there than the route of a session that opens, or none, means that the
/// user's next device may come to another node. Chat goes on, and only costs more. Any thread.
/// </summary>
/// <param name="gate">Knows which peers are proxies.</param>
/// <param name="isOneOfSeveral">Whether there are other nodes: alone it does not matter what a proxy does.</param>
/// <param name="time">How long ago it was.</param>
internal sealed class RouteWatch(AddressGate gate, bool isOneOfSeveral, TimeProvider time)
{
    public const string Header = "LiveChat-Route";
    private const string Route = "route";
    private const long Never = 0;

    /// <summary>As long as no session has come so for this long, the proxy counts as corrected.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private long _ignoredAt = Never;

    /// <summary>The state of the node, which begins with the first such session.</summary>
    public RefusingState State => new("route_ignored", Reason);

    /// <summary>Looks at the request that opens a session.</summary>
    public void Look(HttpContext context)
    {
        if (!isOneOfSeveral || !gate.IsThroughProxy(context)) return;
        if (TryRoute(context, out var route) && context.Request.Headers[Header] != route)
            Volatile.Write(ref _ignoredAt, Math.Max(time.GetTimestamp(), Never + 1));
    }

    private static bool TryRoute(HttpContext context, [NotNullWhen(true)] out string? route)
    {
        route = context.Request.Query[Route];
        return route is { Length: > 0 };
    }

    private string? Reason() =>
        Volatile.Read(ref _ignoredAt) is not Never and var at && time.GetElapsedTime(at) < Remembered
            ? "The proxy does not choose the node by the route of the URL, so a user's devices are on several nodes: "
                + "see deploy/nginx/livechat.http and livechat.server. Chat goes on."
            : null;
}
