using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace LiveChat.Server.Gateway;

/// <summary>
/// Which pages may open a connection: those of an exact list, or of the same origin when the list is empty. A client
/// without an origin is no page and shows its token as every other.
/// </summary>
internal sealed class OriginPolicy(IReadOnlyCollection<string> allowed)
{
    public bool Allows(HttpRequest request)
    {
        var origins = request.Headers[HeaderNames.Origin];
        if (origins.Count == 0) return true;
        if (origins.Count > 1 || origins[0] is not { Length: > 0 } origin) return false;
        return allowed.Count > 0
            ? allowed.Contains(origin, StringComparer.Ordinal)
            : string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.Ordinal);
    }
}
