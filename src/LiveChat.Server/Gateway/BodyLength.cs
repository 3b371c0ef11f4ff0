using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Refuses a body whose end a proxy in front may see elsewhere, and with it a second request that only one of the two
/// sees. Kestrel goes by the chunks where both they and a length are given, and takes other codings before the last
/// one, which it does not undo.
/// </summary>
internal static class BodyLength
{
    /// <summary>Where Kestrel puts the length of a request that has chunks too.</summary>
    private const string SetAside = "X-Content-Length";

    public static Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (IsPlain(context.Request.Headers)) return next(context);
        context.Response.Headers[HeaderNames.Connection] = "close";
        return ApiAnswer.WriteAsync(context, Problems.Of(ErrorCode.BadRequest, "The body's length is not plain."));
    }

    private static bool IsPlain(IHeaderDictionary headers)
    {
        if (headers.ContainsKey(SetAside)) return false;
        var codings = headers.TransferEncoding;
        return codings.Count == 0
            || (codings.Count == 1 && string.Equals(codings[0], "chunked", StringComparison.OrdinalIgnoreCase));
    }
}
