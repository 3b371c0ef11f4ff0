using System.Text.RegularExpressions;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LiveChat.Server.Http;

/// <summary>
/// Which pages may open a connection and use the API: those of an exact list, or of the same origin when the list is
/// empty. A client without an origin is no page and shows its token as every other.
/// </summary>
internal sealed partial class OriginPolicy(IReadOnlyCollection<string> allowed)
{
    /// <summary>What a page of another origin is answered.</summary>
    public static Problem Refusal => Problems.Of(ErrorCode.Forbidden, "The origin is not allowed.");

    /// <summary>Is told of each request that is refused.</summary>
    public RefusedOrigins? Refused { get; init; }

    /// <summary>Why this cannot be the origin of a page; null when it can. A browser sends scheme, host and a port that
    /// is not the scheme's own, in lower case; anything else in the list would match nothing.</summary>
    public static string? Problem(string origin)
    {
        if (Sent().IsMatch(origin) && !DefaultPort().IsMatch(origin)) return null;
        return $"Origins has {origin}, which matches no page: write the origin as browsers send it, such as "
            + "https://chat.example or http://localhost:5173. There are no patterns.";
    }

    public bool Allows(HttpRequest request)
    {
        var origins = request.Headers[HeaderNames.Origin];
        if (origins.Count == 0) return true;
        var origin = origins[0] ?? "";
        if (origins.Count == 1 && origin.Length > 0 && IsListed(request, origin)) return true;
        Refused?.Note(origin);
        return false;
    }

    private bool IsListed(HttpRequest request, string origin) => allowed.Count > 0
        ? allowed.Contains(origin, StringComparer.Ordinal)
        : string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.Ordinal);

    [GeneratedRegex(@"^[a-z][a-z0-9+.-]*://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?\z")]
    private static partial Regex Sent();

    [GeneratedRegex(@"^(http://.*:80|https://.*:443)\z")]
    private static partial Regex DefaultPort();
}
