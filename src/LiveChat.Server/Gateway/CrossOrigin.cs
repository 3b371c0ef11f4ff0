using LiveChat.Server.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LiveChat.Server.Gateway;

/// <summary>
/// CORS for all of <c>/v1</c>: pages of the allowed origins may send every request of the API and read every answer.
/// Credentials are never allowed: a page shows its token, and cookies count for nothing. A request of another origin is
/// answered without these headers, and its browser keeps the answer from the page. WebSockets have no CORS: see
/// <see cref="RealtimeEndpoint"/>. Called by every request; has no state.
/// </summary>
internal sealed class CrossOrigin(OriginPolicy origins)
{
    /// <summary>How long a browser remembers a preflight: short, so that a change of the option counts soon.</summary>
    private const string MaxAgeSeconds = "600";

    /// <summary>Every method of the API.</summary>
    public static readonly string Methods = string.Join(", ", (string[])
        [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete]);

    /// <summary>Every header that the API reads and that a page may only send if it is named.</summary>
    public static readonly string RequestHeaders = string.Join(", ", (string[])
        [HeaderNames.Authorization, HeaderNames.ContentType, HeaderNames.IfMatch, Credentials.ActAs,
            HttpSessions.Header]);

    /// <summary>Every header of an answer that a page may only read if it is named.</summary>
    public static readonly string AnswerHeaders = string.Join(", ", (string[])
        [HeaderNames.ETag, HeaderNames.Location, HeaderNames.RetryAfter, HeaderNames.WWWAuthenticate,
            HttpSessions.Header, HttpReader.Acknowledge]);

    /// <summary>Not an async method: it would be kept for as long as a WebSocket lasts.</summary>
    public Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        if (!IsMeant(context.Request)) return next(context);

        // An answer is another one for another origin; also that to a request without one, which a cache may keep.
        context.Response.OnStarting(
            static answer =>
            {
                var response = (HttpResponse)answer;
                response.Headers.Append(HeaderNames.Vary, HeaderNames.Origin);
                return Task.CompletedTask;
            },
            context.Response);
        if (context.Request.Headers.Origin is not [{ } origin] || IsOfThisOrigin(context.Request)) return next(context);
        var isAllowed = origins.Allows(context.Request);
        if (IsPreflight(context.Request)) return AnswerPreflightAsync(context, origin, isAllowed);
        if (isAllowed) context.Response.OnStarting(() => Allow(context.Response, origin));
        return next(context);
    }

    private static bool IsMeant(HttpRequest request) =>
        request.Path.StartsWithSegments("/v1", StringComparison.Ordinal) && !RealtimeEndpoint.IsAsked(request);

    /// <summary>Browsers say so themselves, also where a proxy in front makes it look like another.</summary>
    private static bool IsOfThisOrigin(HttpRequest request) => request.Headers["Sec-Fetch-Site"] is ["same-origin"];

    private static bool IsPreflight(HttpRequest request) => HttpMethods.IsOptions(request.Method)
        && request.Headers.ContainsKey(HeaderNames.AccessControlRequestMethod);

    private static Task AnswerPreflightAsync(HttpContext context, string origin, bool isAllowed)
    {
        if (!isAllowed) return ApiAnswer.WriteAsync(context, OriginPolicy.Refusal);
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = RequestHeaders;
        headers.AccessControlMaxAge = MaxAgeSeconds;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>At the start of the answer: an answer to a failure is written into cleared headers.</summary>
    private static Task Allow(HttpResponse response, string origin)
    {
        response.Headers.AccessControlAllowOrigin = origin;
        response.Headers.AccessControlExposeHeaders = AnswerHeaders;
        return Task.CompletedTask;
    }
}
