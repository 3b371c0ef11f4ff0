using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace LiveChat.Server.Gateway;

/// <summary>The opening handshake, RFC 6455 section 4.2. Extensions are never agreed to: a compressed bomb has no way
/// in, and compression would cost 300 KB a connection.</summary>
internal static class WebSocketHandshake
{
    public const string Version = "13";
    private const int KeyBytes = 16;
    private const string Guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /// <summary>Whether the request asks for a WebSocket, in whatever version.</summary>
    public static bool IsAsked(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && HasToken(request.Headers.Connection, "upgrade", StringComparer.OrdinalIgnoreCase)
        && request.Headers.Upgrade is [{ } upgrade]
        && upgrade.Equals("websocket", StringComparison.OrdinalIgnoreCase);

    public static bool IsVersionKnown(HttpRequest request) => request.Headers.SecWebSocketVersion is [Version];

    public static bool IsKeyGood(HttpRequest request)
    {
        Span<byte> key = stackalloc byte[KeyBytes + 2];
        return request.Headers.SecWebSocketKey is [{ Length: 24 } text]
            && Convert.TryFromBase64String(text, key, out var length) && length == KeyBytes;
    }

    public static bool Offers(HttpRequest request, string subprotocol) =>
        HasToken(request.Headers.SecWebSocketProtocol, subprotocol, StringComparer.Ordinal);

    /// <summary>Answers the handshake of a request that passed the checks; from here on the stream is the socket.
    /// </summary>
    public static Task<Stream> AcceptAsync(HttpContext context, string subprotocol)
    {
        var headers = context.Response.Headers;
        headers.Connection = HeaderNames.Upgrade;
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = AnswerTo(context.Request.Headers.SecWebSocketKey.ToString());
        headers.SecWebSocketProtocol = subprotocol;
        return context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    [SuppressMessage("Security", "CA5350", Justification = "The handshake asks for SHA-1; nothing rests on it.")]
    private static string AnswerTo(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + Guid)));

    private static bool HasToken(IEnumerable<string?> headers, string token, StringComparer comparer) =>
        headers.Any(header => header?.Split(',', StringSplitOptions.TrimEntries).Contains(token, comparer) == true);
}
