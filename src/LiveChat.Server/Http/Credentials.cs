using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Http;

/// <summary>What a request shows of who asks.</summary>
internal static class Credentials
{
    /// <summary>The header by which a server key names the user for whom it acts.</summary>
    public const string ActAs = "LiveChat-Act-As";

    private const string Scheme = "Bearer ";

    /// <summary>What stands behind <c>Authorization: Bearer</c>; null when there is no such header.</summary>
    public static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;
}
