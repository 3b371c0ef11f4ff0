using System.Net;
using System.Text.Json;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Tokens;

/// <summary>
/// <c>POST /v1/dev/token {"user"}</c>: a token for whoever asks, so that a tour needs no backend. Is there in
/// development mode alone, only for pages that may connect, and only under a name of this machine: else any page could
/// have its own name lead here (DNS rebinding), and would have the same origin.
/// </summary>
/// <param name="tokens">Makes them.</param>
/// <param name="origins">Which pages may connect.</param>
/// <param name="hosts">Names that count as this machine's, besides those of the loopback.</param>
/// <param name="time">When it is.</param>
internal sealed class DevelopmentTokens(
    JwtTokens tokens, OriginPolicy origins, IReadOnlyCollection<string> hosts, TimeProvider time)
{
    public const string Path = "/v1/dev/token";
    public const string Header = "LiveChat-Development";
    private const int BodyBytesMax = 1_024;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers[Header] = "true";
        context.Response.Headers.CacheControl = "no-store";
        if (!origins.Allows(context.Request))
        {
            await ApiAnswer.WriteAsync(context, OriginPolicy.Refusal);
            return;
        }

        if (!IsOurs(context.Request.Host))
        {
            await ApiAnswer.WriteAsync(context, Problems.Of(
                ErrorCode.Forbidden,
                "Tokens are given away under a name of the loopback only: see LiveChat:DevelopmentHosts."));
            return;
        }

        if (await UserOfAsync(context) is not { } user)
        {
            await ApiAnswer.WriteAsync(context, Problems.Invalid("/user", "id"));
            return;
        }

        var expiresAt = time.GetUtcNow() + Lifetime;
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.Body);
        writer.WriteStartObject();
        writer.WriteString("token", tokens.Mint(user, Lifetime));
        writer.WriteString("expires_at", expiresAt);
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
    }

    private bool IsOurs(HostString host)
    {
        var name = host.Host;
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(name.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address))
            || hosts.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    private static async Task<UserId?> UserOfAsync(HttpContext context)
    {
        if (context.Request.ContentLength is not (> 0 and <= BodyBytesMax)) return null;
        try
        {
            using var body = await JsonDocument.ParseAsync(
                context.Request.Body, default, context.RequestAborted);
            return body.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("user", out var user)
                && user.ValueKind is JsonValueKind.String
                && UserId.TryParse(user.GetString(), out var id)
                    ? id
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
